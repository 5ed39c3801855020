{{/* The beginning of every name. 40 characters leave room for -<vendor> and what Kubernetes appends. */}}
{{- define "push.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "push.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "push.labels" -}}
{{ include "push.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "push.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository is empty: say where the image is, with its registry" $image.repository -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository ($image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "push.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "push.fullname" .) -}}
{{- end -}}

{{/* A vendor's stanza laid over the defaults, with its name and the name of its objects. Call: list $ <vendor>. Gives YAML. */}}
{{- define "push.vendor" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $vendor := mergeOverwrite (deepCopy $root.Values.defaults) (deepCopy (index $root.Values.vendors $name)) -}}
{{- $_ := set $vendor "name" $name -}}
{{- $_ := set $vendor "object" (printf "%s-%s" (include "push.fullname" $root) $name) -}}
{{- $limit := 0.0 -}}
{{- range $app := $vendor.apps -}}
{{- $own := ($app.settings | default dict).rate_per_second | default $vendor.capacity.limitPerSecond -}}
{{- $limit = addf $limit $own -}}
{{- end -}}
{{- $aim := (($root.Values.settings).worker | default dict).aim | default 0.85 -}}
{{- $cap := add 2 (ceil (divf (mulf $limit $aim) $vendor.capacity.podPerSecond)) -}}
{{- $_ := set $vendor "cap" $cap -}}
{{- $most := int $vendor.replicas -}}
{{- if ne $vendor.autoscaling.by "off" -}}
{{- $most = min (int $vendor.autoscaling.max) $cap -}}
{{- if gt (int $vendor.autoscaling.min) (int $most) -}}
{{- fail (printf "vendors.%s.autoscaling.min is %d, but the vendor's limit feeds at most %d workers: lower it" $name (int $vendor.autoscaling.min) (int $most)) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $vendor "most" $most -}}
{{- toYaml $vendor -}}
{{- end -}}

{{/* Relations between values that a schema cannot state. */}}
{{- define "push.check" -}}
{{- $on := false -}}
{{- range $name, $stanza := .Values.vendors -}}
{{- if $stanza.enabled -}}
{{- $on = true -}}
{{- if not $stanza.apps -}}
{{- fail (printf "vendors.%s is enabled and has no apps: a worker without an app has nothing to do" $name) -}}
{{- end -}}
{{- $vendor := include "push.vendor" (list $ $name) | fromYaml -}}
{{- if and (not $.Values.redis.urlSecret.name) (gt (int $vendor.most) 1) -}}
{{- fail (printf "vendors.%s may have %d workers and redis.urlSecret.name is empty: without Redis workers do not know of each other, so set replicas to 1, or name the Secret" $name (int $vendor.most)) -}}
{{- end -}}
{{- range $app, $entry := $vendor.apps -}}
{{- range $secret, $from := $entry.secrets -}}
{{- if hasKey ($entry.settings | default dict) $secret -}}
{{- fail (printf "vendors.%s.apps.%s.settings.%s stands under secrets, too: a secret does not stand in the settings" $name $app $secret) -}}
{{- end -}}
{{- if hasKey ($entry.settings | default dict) (printf "%s_file" $secret) -}}
{{- fail (printf "vendors.%s.apps.%s.settings.%s_file: the chart sets it, because %s stands under secrets" $name $app $secret $secret) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not $on -}}
{{- fail "no vendor is enabled: set vendors.<vendor>.enabled" -}}
{{- end -}}
{{- if not .Values.rabbitmq.urlSecret.name -}}
{{- fail "rabbitmq.urlSecret.name is empty: name the Secret that holds RabbitMQ's address" -}}
{{- end -}}
{{- with .Values.settings.amqp -}}
{{- if hasKey . "topology" -}}
{{- fail "settings.amqp.topology: say it in topology.by" -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.topology.by "job" -}}
{{- range $key := list "image" "url" "secret" -}}
{{- if not (index $.Values.topology.job $key) -}}
{{- fail (printf "topology.by is \"job\" and topology.job.%s is empty" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "push.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
# The group may read the mounted secrets; nobody else may.
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "push.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* What a worker and its test read: the settings file and the secrets it names. Call: list $ $vendor. */}}
{{- define "push.volumes" -}}
{{- $root := index . 0 -}}
{{- $vendor := index . 1 -}}
- name: settings
  configMap:
    name: {{ $vendor.object }}
- name: secrets
  # One volume, so that a changed Secret reaches the running worker. No subPath: such a mount never changes.
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ $root.Values.rabbitmq.urlSecret.name }}
          items: [{key: {{ $root.Values.rabbitmq.urlSecret.key | quote }}, path: rabbitmq-url}]
      {{- if $root.Values.redis.urlSecret.name }}
      - secret:
          name: {{ $root.Values.redis.urlSecret.name }}
          items: [{key: {{ $root.Values.redis.urlSecret.key | quote }}, path: redis-url}]
      {{- end }}
      {{- range $app, $entry := $vendor.apps }}
      {{- range $secret, $from := $entry.secrets }}
      - secret:
          name: {{ $from.name }}
          items: [{key: {{ $from.key | quote }}, path: {{ printf "apps/%s/%s" $app $secret | quote }}}]
      {{- end }}
      {{- end }}
{{- end -}}

{{- define "push.mounts" -}}
- {name: settings, mountPath: /etc/push/settings, readOnly: true}
- {name: secrets, mountPath: /etc/push/secrets, readOnly: true}
{{- end -}}
