import { dump } from 'js-yaml';
import type { KubeObject } from '../src/api/object.ts';
import type { Selector } from '../src/core/narrowing.ts';
import { INSTANCE_LABEL, type FailurePolicy } from '../src/core/registration.ts';

/*
 * Objects that the code builds, as Helm templates: what only the release knows is built with a stand-in,
 * and the stand-ins become template expressions in the YAML.
 */

/** What the release knows. */
interface Value {
  /** Of Go's templates; a string, or JSON. */
  expression: string;
  /**
   * `string`: alone or within a text. `json`: alone. `line`: alone and JSON, and where it is empty there
   * is no such field. `items`: a list of strings, in the place of an item; `objects`: one of objects.
   * `entries`: a map, in the place of an entry, as its key.
   */
  form: 'string' | 'json' | 'line' | 'items' | 'objects' | 'entries';
  /** As which the stand-in comes out of the code that builds the object. */
  encoding?: 'base64';
}

const NAME = 'fluent-pvc-operator';
const helper = (name: string): string => `include "${NAME}.${name}" .`;

const VALUES = {
  instance: { expression: helper('instance'), form: 'string' },
  namespace: { expression: '.Release.Namespace', form: 'string' },
  validationNamespace: { expression: '.Values.validation.namespace', form: 'string' },
  exemptNamespaces: { expression: helper('exemptNamespaces') + ' | fromJsonArray', form: 'items' },
  rescueNamespace: { expression: helper('rescueNamespace'), form: 'line' },
  failurePolicy: { expression: '.Values.webhook.failurePolicy', form: 'string' },
  reinvocationPolicy: { expression: '.Values.webhook.reinvocationPolicy', form: 'string' },
  timeoutSeconds: { expression: 'int .Values.webhook.timeoutSeconds', form: 'json' },
  servicePort: { expression: 'int .Values.webhook.service.port', form: 'json' },
  caAnnotations: { expression: helper('caAnnotations'), form: 'line' },
  crdAnnotations: { expression: helper('crdAnnotations'), form: 'line' },
  caBundle: { expression: helper('caBundle'), form: 'line', encoding: 'base64' },
  eachNamespace: { expression: '$namespace', form: 'string' },
  commonLabels: { expression: '.Values.commonLabels', form: 'entries' },
  namespaceLabels: { expression: helper('namespaceLabels'), form: 'line' },
  namespaceExpressions: {
    expression: helper('namespaceExpressions') + ' | fromJsonArray',
    form: 'objects',
  },
  podLabels: { expression: helper('podLabels'), form: 'line' },
  podExpressions: {
    expression: helper('podExpressions') + ' | fromJsonArray',
    form: 'objects',
  },
  matchConditions: { expression: helper('matchConditions'), form: 'line' },
  guardFailurePolicy: { expression: '.Values.guards.failurePolicy', form: 'string' },
  guardNamespaceLabels: { expression: helper('guardNamespaceLabels'), form: 'line' },
  guardNamespaceExpressions: {
    expression: '.Values.guards.namespaceSelector.matchExpressions',
    form: 'objects',
  },
  guardObjectSelector: { expression: helper('guardObjectSelector'), form: 'line' },
  guardConditions: {
    expression: helper('guardConditions') + ' | fromJsonArray',
    form: 'objects',
  },
  uninstallHook: { expression: helper('uninstallHook'), form: 'line' },
} as const satisfies Record<string, Value>;

type ValueName = keyof typeof VALUES;

/** As what the code takes those that are no strings to it. */
interface NotStrings {
  failurePolicy: FailurePolicy;
  reinvocationPolicy: 'Never';
  timeoutSeconds: number;
  servicePort: number;
  caAnnotations: Record<string, string>;
  crdAnnotations: Record<string, string>;
  namespaceLabels: Record<string, string>;
  namespaceExpressions: object;
  podLabels: Record<string, string>;
  podExpressions: object;
  matchConditions: object[];
  guardFailurePolicy: FailurePolicy;
  guardNamespaceLabels: Record<string, string>;
  guardNamespaceExpressions: object;
  guardObjectSelector: Selector;
  guardConditions: object;
  uninstallHook: Record<string, string>;
}
type Stands<N> = N extends keyof NotStrings ? NotStrings[N] : string;

/**
 * Stands for what the release knows. It is a text whatever its type says: what is built with it is
 * written down and nothing else.
 */
export function standIn<N extends ValueName>(name: N): Stands<N> {
  return word(name) as unknown as Stands<N>;
}

function word(name: string): string {
  return `HELM_${name}_HELM`;
}

/** Objects as YAML documents. Those that are labelled as the installation's get its `commonLabels`. */
export function template(objects: readonly object[]): string {
  return objects
    .map(commonlyLabelled)
    .map((object) => `---\n${dump(object, { lineWidth: 110, noRefs: true })}`)
    .map(withExpressions)
    .join('');
}

/**
 * One template from two that differ in one place.
 *
 * @throws where an object needs the one or the other whole: then the chart should say so itself
 */
export function either(condition: string, yes: string, no: string): string {
  const [one, other] = [yes.split('\n'), no.split('\n')];
  const from = one.findIndex((line, index) => line !== other[index]);
  if (from < 0) return yes;
  const behind = one.toReversed().findIndex((line, index) => line !== other.at(-1 - index));
  return [
    ...one.slice(0, from),
    `{{- if ${condition} }}`,
    ...one.slice(from, one.length - behind),
    '{{- else }}',
    ...other.slice(from, other.length - behind),
    '{{- end }}',
    ...one.slice(one.length - behind),
  ].join('\n');
}

/** Two templates that have little in common. */
export function oneOf(condition: string, yes: string, no: string): string {
  return `{{- if ${condition} }}\n${yes}{{- else }}\n${no}{{- end }}\n`;
}

/** The same for each namespace of a list; the expressions in it mean what they mean elsewhere. */
export function forEach(list: string, text: string): string {
  const range = `{{- range $namespace := ${helper(list)} | fromJsonArray }}\n{{- with $ }}\n`;
  return `${range}${text}{{- end }}\n{{- end }}\n`;
}

/** The same, there only where the condition holds. */
export function onlyIf(condition: string, text: string): string {
  return `{{- if ${condition} }}\n${text}{{- end }}\n`;
}

function commonlyLabelled(object: KubeObject | object): object {
  if (!('metadata' in object) || object.metadata.labels?.[INSTANCE_LABEL] === undefined) {
    return object;
  }
  const labels = { ...object.metadata.labels, [standIn('commonLabels')]: '' };
  return { ...object, metadata: { ...object.metadata, labels } };
}

function withExpressions(yaml: string): string {
  if (yaml.includes('{{')) throw new Error('Helm would take a part of this for its own');
  const done = Object.entries<Value>(VALUES).reduce(
    (text, [name, value]) => withExpression(text, word(name), value),
    yaml,
  );
  const left = /HELM_\w+_HELM/.exec(done)?.[0];
  if (left !== undefined) throw new Error(`${left} stands where no template expression can`);
  return done;
}

function withExpression(yaml: string, text: string, value: Value): string {
  const { expression, form, encoding } = value;
  const stands = encoding === undefined ? text : Buffer.from(text).toString(encoding);
  const alone = new RegExp(`^( *(?:(?:- )?\\S+:|-)) ${stands}$`, 'gm');
  switch (form) {
    case 'string':
      return yaml
        .replace(alone, `$1 {{ ${expression} | quote }}`)
        .replaceAll(stands, `{{ ${expression} }}`);
    case 'json':
      return yaml.replace(alone, `$1 {{ ${expression} }}`);
    case 'line':
      return yaml.replace(alone, `{{- with ${expression} }}\n$1 {{ . }}\n{{- end }}`);
    case 'items':
      return yaml.replace(alone, `{{- range ${expression} }}\n$1 {{ . | quote }}\n{{- end }}`);
    case 'objects':
      return yaml.replace(alone, `{{- range ${expression} }}\n$1 {{ . | toJson }}\n{{- end }}`);
    case 'entries':
      return yaml.replace(
        new RegExp(`^( *)${stands}: ''$`, 'gm'),
        (_line, { length }: string) =>
          `{{- with ${expression} }}\n{{ toYaml . | indent ${length} }}\n{{- end }}`,
      );
    default:
      throw new Error(`no such form: ${String(form satisfies never)}`);
  }
}
