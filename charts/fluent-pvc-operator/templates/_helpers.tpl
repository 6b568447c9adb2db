{{- /* Name of this installation; objects of the cluster are called by it. */ -}}
{{- define "fluent-pvc-operator.instance" -}}
{{- if .Values.instance -}}
{{- .Values.instance -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "fluent-pvc-operator.labels" -}}
app.kubernetes.io/name: fluent-pvc-operator
app.kubernetes.io/instance: {{ include "fluent-pvc-operator.instance" . | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Of a namespace that is made: what a selector asks for wins, so that it selects what it must. */ -}}
{{- define "fluent-pvc-operator.labelsOfNamespace" -}}
{{- $labels := include "fluent-pvc-operator.labels" .root | fromYaml -}}
{{- $enforced := "pod-security.kubernetes.io/enforce" -}}
{{- $standard := (index .root.Values .of).podSecurity -}}
{{- $_ := set $labels $enforced $standard -}}
{{- range $label, $value := (index .root.Values .by).namespaceSelector.matchLabels -}}
{{- if and (eq $label $enforced) (ne $value $standard) -}}
{{- fail (printf "%s.namespaceSelector.matchLabels asks for %s: %s, and %s.podSecurity is %s: give both the same" $.by $label $value $.of $standard) -}}
{{- end -}}
{{- $_ := set $labels $label $value -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end -}}

{{- /* Nothing, or what is given to two purposes that exclude each other. */ -}}
{{- define "fluent-pvc-operator.distinct" -}}
{{- $rescue := .Values.rescue.namespace -}}
{{- $validation := .Values.validation.namespace -}}
{{- if eq $validation .Release.Namespace -}}
{{- fail "validation.namespace is the release's: it would go with the release" -}}
{{- else if has $validation .Values.exemptNamespaces -}}
{{- fail "validation.namespace is among exemptNamespaces: the webhook must see what is tried out in it" -}}
{{- else if and .Values.rescue.enabled (eq $rescue .Release.Namespace) -}}
{{- fail "rescue.namespace is the release's: finalizer Jobs would run beside the operator's accounts" -}}
{{- else if and .Values.rescue.enabled (eq $rescue $validation) -}}
{{- fail "rescue.namespace is validation.namespace, in which nothing may run" -}}
{{- else if and .Values.rescue.enabled (has $rescue .Values.exemptNamespaces) -}}
{{- fail "rescue.namespace is among exemptNamespaces: the volumes in it must be guarded" -}}
{{- else if eq (int .Values.webhook.port) (int .Values.metricsPort) -}}
{{- fail "webhook.port and metricsPort are the same" -}}
{{- end -}}
{{- end -}}

{{- /* JSON: whose Pods never reach the webhook, and where nothing is guarded. */ -}}
{{- define "fluent-pvc-operator.exemptNamespaces" -}}
{{- concat (list "kube-system" .Release.Namespace) .Values.exemptNamespaces | uniq | toJson -}}
{{- end -}}

{{- /* JSON, or nothing. */ -}}
{{- define "fluent-pvc-operator.rescueNamespace" -}}
{{- if .Values.rescue.enabled }}{{ .Values.rescue.namespace | toJson }}{{ end -}}
{{- end -}}

{{- /* JSON, or nothing. */ -}}
{{- define "fluent-pvc-operator.crdAnnotations" -}}
{{- if .Values.crds.keep }}{{ dict "helm.sh/resource-policy" "keep" | toJson }}{{ end -}}
{{- end -}}

{{- /* Which of the three places the certificate is from: selfManaged, certManager or secret. */ -}}
{{- define "fluent-pvc-operator.certificateFrom" -}}
{{- $certificate := .Values.certificate -}}
{{- if and $certificate.certManager.enabled $certificate.secretName -}}
{{- fail "certificate.certManager.enabled and certificate.secretName exclude each other: choose one" -}}
{{- else if and $certificate.caBundle (not $certificate.secretName) -}}
{{- fail "certificate.caBundle is for the certificate in certificate.secretName, which is not set: set both or neither" -}}
{{- else if $certificate.certManager.enabled -}}
certManager
{{- else if $certificate.secretName -}}
secret
{{- else if $certificate.selfManaged.enabled -}}
selfManaged
{{- else -}}
{{- fail "where is the certificate of the webhook from? Choose one: certificate.selfManaged.enabled, certificate.certManager.enabled or certificate.secretName" -}}
{{- end -}}
{{- end -}}

{{- /* JSON, or nothing: which certificate's CA cert-manager writes into the webhook configurations. */ -}}
{{- define "fluent-pvc-operator.caAnnotations" -}}
{{- if eq (include "fluent-pvc-operator.certificateFrom" .) "certManager" -}}
{{- $certificate := printf "%s/%s-webhook" .Release.Namespace (include "fluent-pvc-operator.instance" .) -}}
{{- dict "cert-manager.io/inject-ca-from" $certificate | toJson -}}
{{- end -}}
{{- end -}}

{{- /* JSON, or nothing where cert-manager or the webhook itself writes it: what Helm never names it never touches. */ -}}
{{- define "fluent-pvc-operator.caBundle" -}}
{{- if eq (include "fluent-pvc-operator.certificateFrom" .) "secret" -}}
{{- $why := "certificate.caBundle is needed: the CA, PEM, of the certificate in certificate.secretName" -}}
{{- required $why .Values.certificate.caBundle | b64enc | toJson -}}
{{- end -}}
{{- end -}}

{{- /* Of the certificate: mounted, or, where the webhook makes it itself, read and written. */ -}}
{{- define "fluent-pvc-operator.certificateSecret" -}}
{{- $from := include "fluent-pvc-operator.certificateFrom" . -}}
{{- if eq $from "secret" -}}
{{- .Values.certificate.secretName -}}
{{- else -}}
{{- include "fluent-pvc-operator.instance" . }}-webhook-{{ ternary "certificate" "tls" (eq $from "selfManaged") -}}
{{- end -}}
{{- end -}}

{{- define "fluent-pvc-operator.webhookHost" -}}
{{- include "fluent-pvc-operator.instance" . }}-webhook.{{ .Release.Namespace }}.svc
{{- end -}}

{{- define "fluent-pvc-operator.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end -}}

{{- /* JSON: the accounts that may create nothing in the validation namespace but dry runs, as CEL has lists. */ -}}
{{- define "fluent-pvc-operator.dryRunAccounts" -}}
{{- $accounts := list -}}
{{- range $name := list "webhook" "check-install" -}}
{{- $instance := include "fluent-pvc-operator.instance" $ -}}
{{- $accounts = append $accounts (printf "system:serviceaccount:%s:%s-%s" $.Release.Namespace $instance $name) -}}
{{- end -}}
{{- $accounts | toJson -}}
{{- end -}}

{{- /* JSON: of what the check before an uninstallation needs, and nobody else. */ -}}
{{- define "fluent-pvc-operator.uninstallHook" -}}
{{- $policy := "before-hook-creation,hook-succeeded,hook-failed" -}}
{{- dict "helm.sh/hook" "pre-delete" "helm.sh/hook-weight" "-1" "helm.sh/hook-delete-policy" $policy | toJson -}}
{{- end -}}

{{- /* JSON, or nothing, and lists as JSON: what else a labelled Pod must have to reach the webhook. */ -}}
{{- define "fluent-pvc-operator.namespaceLabels" -}}
{{- with .Values.webhook.namespaceSelector.matchLabels }}{{ . | toJson }}{{ end -}}
{{- end -}}

{{- define "fluent-pvc-operator.namespaceExpressions" -}}
{{- $all := .Values.webhook.namespaceSelector.matchExpressions | default list -}}
{{- if .Values.namespaces -}}
{{- /* What `helm test` tries goes to the validation namespace. */ -}}
{{- $values := append (include "fluent-pvc-operator.namespaces" . | fromJsonArray) .Values.validation.namespace -}}
{{- $all = append $all (dict "key" "kubernetes.io/metadata.name" "operator" "In" "values" $values) -}}
{{- end -}}
{{- $all | toJson -}}
{{- end -}}

{{- define "fluent-pvc-operator.podLabels" -}}
{{- with .Values.webhook.objectSelector.matchLabels }}{{ . | toJson }}{{ end -}}
{{- end -}}

{{- define "fluent-pvc-operator.podExpressions" -}}
{{- .Values.webhook.objectSelector.matchExpressions | default list | toJson -}}
{{- end -}}

{{- define "fluent-pvc-operator.matchConditions" -}}
{{- with .Values.webhook.matchConditions }}{{ . | toJson }}{{ end -}}
{{- end -}}

{{- /* JSON, or nothing, and a list as JSON: what else a request must have to be guarded. */ -}}
{{- define "fluent-pvc-operator.guardNamespaceLabels" -}}
{{- with .Values.guards.namespaceSelector.matchLabels -}}
{{- if hasKey . "kubernetes.io/metadata.name" -}}
{{- fail "guards.namespaceSelector.matchLabels: kubernetes.io/metadata.name cannot be given to the rescue namespace, which would not be guarded: name all of them in matchExpressions" -}}
{{- end -}}
{{- . | toJson -}}
{{- end -}}
{{- end -}}

{{- define "fluent-pvc-operator.guardObjectSelector" -}}
{{- with .Values.guards.objectSelector }}{{ . | toJson }}{{ end -}}
{{- end -}}

{{- define "fluent-pvc-operator.guardConditions" -}}
{{- range .Values.guards.matchConditions -}}
{{- if eq .name "is-of-interest" -}}
{{- fail (printf "guards.matchConditions: %s is the name of a condition of the chart's own, which holds besides: choose another" .name) -}}
{{- end -}}
{{- end -}}
{{- .Values.guards.matchConditions | toJson -}}
{{- end -}}

{{- /* JSON: whom the operator works for; empty: for all. */ -}}
{{- define "fluent-pvc-operator.namespaces" -}}
{{- $others := concat (include "fluent-pvc-operator.exemptNamespaces" . | fromJsonArray) (list .Values.validation.namespace .Values.rescue.namespace) -}}
{{- range .Values.namespaces -}}
{{- if has . $others -}}
{{- fail (printf "namespaces: nothing is injected in %s, so the operator cannot work for it" .) -}}
{{- end -}}
{{- end -}}
{{- .Values.namespaces | uniq | toJson -}}
{{- end -}}

{{- /* JSON: the same, and where their volumes are rescued. */ -}}
{{- define "fluent-pvc-operator.namespacesAndRescue" -}}
{{- $all := include "fluent-pvc-operator.namespaces" . | fromJsonArray -}}
{{- if .Values.rescue.enabled }}{{ $all = append $all .Values.rescue.namespace }}{{ end -}}
{{- $all | toJson -}}
{{- end -}}
