{{- /*
An app or a job as the templates see it: { root, name, of, kind, image, args, settings, secrets, calls, stores, … }, as JSON.
Takes { root, name }; a job has what its app has, and its own over it.
*/ -}}
{{- define "shop.workload" -}}
{{- $values := .root.Values -}}
{{- $job := get $values.jobs .name | default dict -}}
{{- $of := $job.app | default .name -}}
{{- $app := get $values.apps $of | default dict -}}
{{- $secrets := dict -}}
{{- range $variable, $from := merge dict ($job.secrets | default dict) ($app.secrets | default dict) -}}
{{- $owner := $job.secretName | default $of -}}
{{- $_ := set $secrets $variable (dict "name" ($from.name | default $owner) "key" ($from.key | default $variable)) -}}
{{- end -}}
{{- $own := ternary $job $app (hasKey $values.jobs .name) -}}
{{- dict
  "name" .name
  "app" $of
  "isApp" (hasKey $values.apps $of)
  "image" ($job.image | default $of)
  "args" $job.args
  "ports" ($app.ports | default dict)
  "calls" ($own.calls | default list)
  "stores" ($own.stores | default list)
  "isPublic" ($own.isPublic | default false)
  "asksStripe" (and ($own.asksStripe | default false) (hasKey $secrets "STRIPE_SECRET_KEY"))
  "certificate" (hasKey $values.apps .name | ternary .name ($job.certificate | default ""))
  "settings" (merge dict ($job.settings | default dict) ($app.settings | default dict))
  "secrets" $secrets
  | toJson -}}
{{- end }}

{{- /* All variables of a workload, none of them secret: secret ones are named as files. */ -}}
{{- define "shop.environment" -}}
{{- $values := .root.Values -}}
{{- $workload := .workload -}}
{{- $all := dict -}}
{{- range $store := $workload.stores -}}
{{- $all = merge $all ((get $values.stores $store).settings | default dict) -}}
{{- with (get $values.stores $store).caVariable -}}
{{- if $values.authorities.stores -}}{{- $_ := set $all . "/run/shop/stores.crt" -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- range $variable, $_ := $workload.secrets -}}
{{- $_ := set $all (print $variable "_FILE") (print "/run/shop/" $variable) -}}
{{- end -}}
{{- if or $workload.isApp $workload.certificate -}}
{{- $all = merge $all (dict "TLS_CA_FILE" "/run/shop/apps.crt" "TLS_CERT_FILE" "/run/shop/tls.crt" "TLS_KEY_FILE" "/run/shop/tls.key") -}}
{{- end -}}
{{- range $callee := concat ((get $values.apps $workload.app | default dict).calls | default list) $workload.calls -}}
{{- $port := (get $values.apps $callee).ports.grpc -}}
{{- $_ := set $all (print (upper (trimSuffix "-service" $callee)) "_GRPC_URL") (print "dns:///" $callee ":" $port) -}}
{{- end -}}
{{- if $workload.isApp -}}
{{- $all = merge $all $workload.settings $values.settings -}}
{{- range $port, $number := $workload.ports -}}
{{- $_ := set $all (print (upper $port) "_PORT") $number -}}
{{- $_ := set $all (print (upper $port) "_HOST") "0.0.0.0" -}}
{{- end -}}
{{- if $workload.isPublic -}}
{{- $_ := set $all "TRUSTED_PROXY_HOPS" (ternary $values.ingress.hops 0 $values.ingress.isOn) -}}
{{- end -}}
{{- if and $values.telemetry.endpoint (eq $workload.name $workload.app) -}}
{{- $_ := set $all "OTEL_EXPORTER_OTLP_ENDPOINT" $values.telemetry.endpoint -}}
{{- $_ := set $all "TRACE_SAMPLE_RATIO" $values.telemetry.sampleRatio -}}
{{- end -}}
{{- else -}}
{{- $all = merge $all $workload.settings -}}
{{- end -}}
{{- range $variable, $value := $all }}
{{- /* Numbers have been through JSON, after which toString writes a million as 1e+06. */}}
{{ $variable }}: {{ kindIs "float64" $value | ternary (toJson $value) (toString $value) | quote }}
{{- end }}
{{- end }}

{{- /* One volume with all that a pod is given: a changed Secret is swapped in as a whole, which a subPath would never see. */ -}}
{{- define "shop.given" -}}
{{- $values := .root.Values -}}
name: given
projected:
  defaultMode: 288 # 0440: for the pod's group alone
  sources:
    {{- range $variable, $from := .workload.secrets }}
    - secret: { name: {{ $from.name }}, items: [{ key: {{ $from.key }}, path: {{ $variable }} }] }
    {{- end }}
    {{- with .workload.certificate }}
    - secret: { name: {{ . }}-tls, items: [{ key: tls.crt, path: tls.crt }, { key: tls.key, path: tls.key }] }
    {{- with $values.authorities.apps }}
    - configMap: { name: {{ .configMap }}, items: [{ key: {{ .key }}, path: apps.crt }] }
    {{- end }}
    {{- end }}
    {{- with $values.authorities.stores }}
    - configMap: { name: {{ .configMap }}, items: [{ key: {{ .key }}, path: stores.crt }] }
    {{- end }}
{{- end }}

{{- /* Pod Security "restricted", and nothing to write on but what is given. */ -}}
{{- define "shop.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "shop.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- /* The pod of a job, before the rollout or by the clock. */ -}}
{{- define "shop.jobPod" -}}
{{- $claim := (get .root.Values.jobs .workload.name).claim -}}
metadata:
  labels: {{- include "shop.labels" (dict "root" .root "name" .workload.name) | nindent 4 }}
spec:
  restartPolicy: Never
  serviceAccountName: shop-jobs
  {{- include "shop.podSecurity" .root | nindent 2 }}
  containers:
    - name: {{ .workload.name }}
      image: {{ include "shop.image" (dict "root" .root "name" .workload.image) }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: {{ toJson .workload.args }}
      env:
        {{- range $variable, $value := include "shop.environment" . | fromYaml }}
        - { name: {{ $variable }}, value: {{ $value | quote }} }
        {{- end }}
      {{- include "shop.containerSecurity" .root | nindent 6 }}
      resources: {{- toYaml .root.Values.jobResources | nindent 8 }}
      volumeMounts:
        - { name: given, mountPath: /run/shop, readOnly: true }
        - { name: tmp, mountPath: /tmp }
        {{- with $claim }}
        - { name: {{ .name }}, mountPath: {{ .path }} }
        {{- end }}
  volumes:
    - {{- include "shop.given" . | nindent 6 }}
    - { name: tmp, emptyDir: { sizeLimit: 64Mi } }
    {{- with $claim }}
    - { name: {{ .name }}, persistentVolumeClaim: { claimName: {{ .name }} } }
    {{- end }}
{{- end }}
