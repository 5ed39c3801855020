{{/*
TOML of any value. Helm's own toToml is not used: values come from JSON, so it writes 512 as 512.0, which is no whole number to
the worker. JSON's texts are TOML's basic strings.
*/}}
{{- define "push.toml" -}}
{{- if kindIs "map" . -}}
{ {{- range $i, $key := keys . | sortAlpha -}}
{{- if $i }},{{ end }} {{ $key | toJson }} = {{ include "push.toml" (index $ $key) }}
{{- end }} }
{{- else if kindIs "slice" . -}}
[{{ range $i, $value := . }}{{ if $i }}, {{ end }}{{ include "push.toml" $value }}{{ end }}]
{{- else if kindIs "float64" . -}}
{{- if eq . (floor .) -}}{{ int64 . }}{{- else -}}{{ toJson . }}{{- end -}}
{{- else -}}
{{ toJson . }}
{{- end -}}
{{- end -}}

{{/* The settings of the process: a change of these needs a restart. Call: list $ $vendor. */}}
{{- define "push.processToml" -}}
{{- $root := index . 0 -}}
{{- $vendor := index . 1 -}}
{{- $settings := deepCopy $root.Values.settings -}}
{{- range $section := list "amqp" "redis" "worker" "admin" -}}
{{- if not (hasKey $settings $section) -}}{{- $_ := set $settings $section dict -}}{{- end -}}
{{- end -}}
{{- $_ := set $settings.admin "listen" "0.0.0.0:9090" -}}
{{- $_ := set $settings.amqp "url_file" "/etc/push/secrets/rabbitmq-url" -}}
{{- $_ := set $settings.amqp "topology" (ternary "declare" "verify" (eq $root.Values.topology.by "workers")) -}}
{{- if not (hasKey $settings.worker "replicas") -}}
{{- $_ := set $settings.worker "replicas" (max 1 (int $vendor.most)) -}}
{{- end -}}
{{- if $root.Values.redis.urlSecret.name -}}
{{- $_ := set $settings.redis "url_file" "/etc/push/secrets/redis-url" -}}
{{- end -}}
{{- range $name := keys $settings | sortAlpha }}
{{- with index $settings $name }}
[{{ $name }}]
{{ range $key := keys . | sortAlpha -}}
{{ $key }} = {{ include "push.toml" (index (index $settings $name) $key) }}
{{ end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The apps of one vendor: changed while workers run. */}}
{{- define "push.appsToml" -}}
{{- range $app, $entry := .apps }}
[apps.{{ $app }}.{{ $.name }}]
{{- range $secret, $from := $entry.secrets }}
{{ $secret }}_file = {{ printf "/etc/push/secrets/apps/%s/%s" $app $secret | toJson }}
{{- end }}
{{- range $key := keys ($entry.settings | default dict) | sortAlpha }}
{{ $key }} = {{ include "push.toml" (index $entry.settings $key) }}
{{- end }}
{{ end }}
{{- end -}}
