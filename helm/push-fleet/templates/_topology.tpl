{{/*
Every exchange and queue of the enabled vendors, as RabbitMQ's definitions. schemas/definitions.json is the same for one vendor;
a test compares them.
*/}}
{{- define "push.definitions" -}}
{{- $vhost := .Values.topology.vhost -}}
{{- $p := ((.Values.settings).amqp | default dict).prefix | default "" -}}
{{- $exchanges := list
  (dict "name" (print $p "push.jobs") "type" "topic" "arguments" (dict "alternate-exchange" (print $p "push.unrouted")))
  (dict "name" (print $p "push.unrouted") "type" "fanout")
  (dict "name" (print $p "push.parked") "type" "direct")
  (dict "name" (print $p "push.receipts") "type" "topic") -}}
{{- $quorum := dict "x-queue-type" "quorum" "x-delivery-limit" 1000000 -}}
{{- $queues := list
  (dict "name" (print $p "push.parked.unrouted") "arguments" $quorum)
  (dict "name" (print $p "push.receipts") "arguments" (dict "x-queue-type" "quorum" "x-delivery-limit" 1000000 "x-max-length-bytes" 2147483648 "x-message-ttl" 86400000 "x-overflow" "drop-head"))
  (dict "name" (print $p "push.receipts.log") "arguments" (dict "x-queue-type" "stream" "x-max-age" "24h")) -}}
{{- $bindings := list
  (dict "source" (print $p "push.unrouted") "destination" (print $p "push.parked.unrouted") "routing_key" "")
  (dict "source" (print $p "push.receipts") "destination" (print $p "push.receipts") "routing_key" "#")
  (dict "source" (print $p "push.receipts") "destination" (print $p "push.receipts.log") "routing_key" "#") -}}
{{- range $vendor, $stanza := .Values.vendors -}}
{{- if $stanza.enabled -}}
{{- $parked := print $p "push.parked." $vendor -}}
{{- $queues = append $queues (dict "name" $parked "arguments" $quorum) -}}
{{- $bindings = append $bindings (dict "source" (print $p "push.parked") "destination" $parked "routing_key" $vendor) -}}
{{- range $seconds := list 1 5 15 60 300 1800 -}}
{{- $wait := printf "%spush.wait.%s.%ds" $p $vendor $seconds -}}
{{- $exchanges = append $exchanges (dict "name" $wait "type" "fanout") -}}
{{- $queues = append $queues (dict "name" $wait "arguments" (dict "x-queue-type" "quorum" "x-delivery-limit" 1000000 "x-message-ttl" (mul 1000 $seconds) "x-dead-letter-exchange" (print $p "push.jobs") "x-dead-letter-strategy" "at-least-once" "x-overflow" "reject-publish")) -}}
{{- $bindings = append $bindings (dict "source" $wait "destination" $wait "routing_key" "") -}}
{{- end -}}
{{- range $app, $_ := $stanza.apps -}}
{{- range $lane := list "high" "normal" "low" -}}
{{- $key := printf "%s.%s.%s" $vendor $lane $app -}}
{{- $work := print $p "push.jobs." $key -}}
{{- $queues = append $queues (dict "name" $work "arguments" (dict "x-queue-type" "quorum" "x-delivery-limit" 20 "x-dead-letter-exchange" (print $p "push.parked") "x-dead-letter-routing-key" $vendor "x-dead-letter-strategy" "at-least-once" "x-overflow" "reject-publish")) -}}
{{- $bindings = append $bindings (dict "source" (print $p "push.jobs") "destination" $work "routing_key" $key) -}}
{{- end -}}
{{- range $quota := $stanza.quotas -}}
{{- $queues = append $queues (dict "name" (printf "%spush.held.%s.%s.%s" $p $vendor $app $quota) "arguments" $quorum) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $exchange := $exchanges -}}
{{- $_ := merge $exchange (dict "vhost" $vhost "durable" true "auto_delete" false "internal" false "arguments" dict) -}}
{{- end -}}
{{- range $queue := $queues -}}
{{- $_ := merge $queue (dict "vhost" $vhost "durable" true "auto_delete" false) -}}
{{- end -}}
{{- range $binding := $bindings -}}
{{- $_ := merge $binding (dict "vhost" $vhost "destination_type" "queue" "arguments" dict) -}}
{{- end -}}
{{- dict "exchanges" $exchanges "queues" $queues "bindings" $bindings | toPrettyJson -}}
{{- end -}}
