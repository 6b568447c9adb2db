{{- /*
What both Deployments and the checks that Helm runs have in common, in parts; each takes a list: the release,
and the component's name.
*/ -}}

{{- define "fluent-pvc-operator.selector" -}}
{{- $release := first . -}}
app.kubernetes.io/name: fluent-pvc-operator
app.kubernetes.io/instance: {{ include "fluent-pvc-operator.instance" $release | quote }}
app.kubernetes.io/component: {{ last . }}
{{- end -}}

{{- /* The component is what Services, budgets and NetworkPolicies tell Pods apart by. */ -}}
{{- define "fluent-pvc-operator.labelsOfPod" -}}
{{- include "fluent-pvc-operator.selector" . }}
{{- with merge dict (first .).Values.podLabels (first .).Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "fluent-pvc-operator.podMetadata" -}}
labels:
  {{- include "fluent-pvc-operator.labelsOfPod" . | nindent 2 }}
{{- with (first .).Values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Restricted, as Pod Security has it, with the account of the component. */ -}}
{{- define "fluent-pvc-operator.restricted" -}}
serviceAccountName: {{ include "fluent-pvc-operator.instance" (first .) }}-{{ last . }}
# All of them ask the API server, which is the one Service that they need to know.
automountServiceAccountToken: true
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- /* Which nodes take its Pods: what the component has of its own is in the place of the general one. */ -}}
{{- define "fluent-pvc-operator.nodes" -}}
{{- $values := (first .).Values -}}
{{- $own := index $values (last .) -}}
{{- with $own.nodeSelector | default $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations | default $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "fluent-pvc-operator.podSpec" -}}
{{- $release := first . -}}
{{- $values := $release.Values -}}
{{- $component := last . -}}
{{- $own := index $values $component -}}
{{- include "fluent-pvc-operator.restricted" . }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- include "fluent-pvc-operator.nodes" . }}
topologySpreadConstraints:
{{- range $values.topologySpreadConstraints | default (list (dict "topologyKey" "topology.kubernetes.io/zone" "whenUnsatisfiable" "ScheduleAnyway" "maxSkew" 1 "matchLabelKeys" (list "pod-template-hash"))) }}
  - {{ toYaml . | nindent 4 | trim }}
{{- if not .labelSelector }}
    labelSelector:
      matchLabels:
        {{- include "fluent-pvc-operator.selector" (list $release $component) | nindent 8 }}
{{- end }}
{{- end }}
affinity:
{{- with $own.affinity | default $values.affinity }}
  {{- toYaml . | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "fluent-pvc-operator.selector" . | nindent 14 }}
{{- end }}
{{- end -}}

{{- /* Any run of the program. */ -}}
{{- define "fluent-pvc-operator.program" -}}
{{- $release := first . -}}
{{- $values := $release.Values -}}
name: {{ last . }}
image: {{ include "fluent-pvc-operator.image" $release | quote }}
imagePullPolicy: {{ $values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  # Left to itself, Node takes 256 MiB of heap for granted, whatever the limit of the container: it would
  # be killed before it collected. The other half is for what is no heap. Of what is new in it: see the
  # Dockerfile, whose options this replaces.
  - name: NODE_OPTIONS
    value: --max-old-space-size-percentage=50 --max-semi-space-size=4
{{- with $values.env }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "fluent-pvc-operator.container" -}}
{{- $release := first . -}}
{{- $values := $release.Values -}}
{{ include "fluent-pvc-operator.program" . }}
# On a node with much to do a start may take long: liveness counts from its end.
startupProbe:
  httpGet:
    path: /livez
    port: metrics
  timeoutSeconds: 5
  periodSeconds: 2
  failureThreshold: 60
# Nor is who is only slow restarted: a start would take what the node has too little of.
livenessProbe:
  httpGet:
    path: /livez
    port: metrics
  timeoutSeconds: 10
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /readyz
    port: metrics
  timeoutSeconds: 5
  periodSeconds: 5
resources:
  {{- toYaml (get $values (last .)).resources | nindent 2 }}
{{- end -}}

{{- /* Flags of both processes. The image runs node; its first argument is the program. */ -}}
{{- define "fluent-pvc-operator.args" -}}
{{- $release := first . -}}
{{- $values := $release.Values -}}
- /app/main.mjs
- {{ last . }}
- --namespace={{ $release.Release.Namespace }}
- --instance={{ include "fluent-pvc-operator.instance" $release }}
- --metrics-port={{ int $values.metricsPort }}
- --sidecar-mode={{ $values.sidecarMode }}
- --pod-deletion-trigger={{ $values.podDeletionTrigger }}
- --log-level={{ $values.logLevel }}
{{- include "fluent-pvc-operator.placeArgs" $release }}
{{- end -}}

{{- /* Where the operator works. */ -}}
{{- define "fluent-pvc-operator.placeArgs" -}}
{{- $values := .Values -}}
{{- if $values.namespaces }}
- --namespaces={{ join "," (include "fluent-pvc-operator.namespaces" . | fromJsonArray) }}
{{- end }}
{{- if $values.rescue.enabled }}
- --rescue-namespace={{ $values.rescue.namespace }}
{{- else }}
- --disable-rescue
{{- end }}
{{- end -}}
