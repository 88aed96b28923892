{{- define "tidings.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "tidings.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "tidings.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tidings.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tidings.labels" -}}
{{ include "tidings.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tidings.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end }}
{{- end }}
{{- end }}

{{/* What only the cluster can have, cluster-wide names: two releases of one name in two namespaces must not meet. */}}
{{- define "tidings.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "tidings.fullname" .) }}
{{- end }}

{{/* "true" where a Lease says who acts. */}}
{{- define "tidings.elects" -}}
{{- if ne (dig "leader" "election" "auto" .Values.config) "never" }}true{{ end }}
{{- end }}

{{- define "tidings.leaseName" -}}
{{- dig "leader" "name" "" .Values.config | default (include "tidings.fullname" .) }}
{{- end }}

{{- define "tidings.leaseNamespace" -}}
{{- dig "leader" "namespace" "" .Values.config | default .Release.Namespace }}
{{- end }}

{{/* The configuration file: what the values say, and the Lease by the name that the chart gives it. */}}
{{- define "tidings.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if include "tidings.elects" . }}
{{- $lease := dict "name" (include "tidings.leaseName" .) "namespace" (include "tidings.leaseNamespace" .) }}
{{- $config = mergeOverwrite $config (dict "leader" $lease) }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{- define "tidings.listen" -}}
{{- dig "http" "listen" "" .Values.config | default "0.0.0.0:8080" }}
{{- end }}

{{/* What a schema cannot say. */}}
{{- define "tidings.validate" -}}
{{- $otlp := dig "otlp" (dict) .Values.config }}
{{- $inEnvironment := not (empty .Values.extraEnvFrom) }}
{{- range .Values.extraEnv }}
{{- if regexMatch "^(TIDINGS_OTLP|OTEL_EXPORTER_OTLP)(_LOGS)?_ENDPOINT$" .name }}{{ $inEnvironment = true }}{{ end }}
{{- end }}
{{- if and (ne (dig "output" "otlp" .Values.config) "stdout") (not $otlp.endpoint) (not $otlp.logsEndpoint) (not $inEnvironment) }}
{{- fail "\n\nWhere to? Say --set config.otlp.endpoint=http://otel-collector.observability:4318 (the OTLP/HTTP port of a Collector or of a backend),\nor --set config.output=stdout to see the Events in the pod's log first.\n" }}
{{- end }}
{{- if and (gt (int .Values.replicas) 1) (not (include "tidings.elects" .)) }}
{{- fail "\n\nWith config.leader.election=never every replica would deliver every Event: set replicas to 1.\n" }}
{{- end }}
{{- if eq (include "tidings.listen" .) "off" }}
{{- fail "\n\nThe kubelet's probes need the admin server: config.http.listen cannot be \"off\" in a pod.\n" }}
{{- end }}
{{- end }}
