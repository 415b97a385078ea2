{{- /* Each takes { root, name }: the chart's context and the name of an app or job. */ -}}

{{- define "shop.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "shop.labels" -}}
{{ include "shop.selector" . }}
app.kubernetes.io/part-of: shop
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "shop.image" -}}
{{- $image := .root.Values.image -}}
{{- with index $image.digests .name -}}
{{ $image.repository }}/{{ $.name }}@{{ . }}
{{- else -}}
{{ $image.repository }}/{{ .name }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end }}
{{- end }}

{{- /* What is there before the first pod: of each upgrade, too, since a job must not meet yesterday's edges. */ -}}
{{- define "shop.beforeJobs" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation
{{- end }}
