import { describe, expect, test } from '@jest/globals';
import { either, onlyIf, standIn, template } from '../../hack/template.ts';

const instance = standIn('instance');
const INSTANCE = 'include "fluent-pvc-operator.instance" .';

describe('what the release knows becomes an expression', () => {
  test.each<[string, object, string]>([
    ['a string alone, quoted', { name: instance }, `name: {{ ${INSTANCE} | quote }}\n`],
    [
      'a string in a list, quoted',
      { names: [instance] },
      `names:\n  - {{ ${INSTANCE} | quote }}\n`,
    ],
    ['a part of a string', { name: `${instance}-x` }, `name: {{ ${INSTANCE} }}-x\n`],
    [
      'a number',
      { timeoutSeconds: standIn('timeoutSeconds') },
      'timeoutSeconds: {{ int .Values.webhook.timeoutSeconds }}\n',
    ],
    [
      'a list, and an item that may be absent',
      { values: [standIn('exemptNamespaces'), standIn('rescueNamespace')] },
      'values:\n' +
        '{{- range include "fluent-pvc-operator.exemptNamespaces" . | fromJsonArray }}\n' +
        '  - {{ . | quote }}\n{{- end }}\n' +
        '{{- with include "fluent-pvc-operator.rescueNamespace" . }}\n  - {{ . }}\n{{- end }}\n',
    ],
    [
      'a list of objects',
      { terms: [{ a: 1 }, standIn('podExpressions')] },
      'terms:\n  - a: 1\n' +
        '{{- range include "fluent-pvc-operator.podExpressions" . | fromJsonArray }}\n' +
        '  - {{ . | toJson }}\n{{- end }}\n',
    ],
    [
      'more labels, where the installation’s are',
      { metadata: { labels: { 'app.kubernetes.io/instance': 'x' } } },
      'metadata:\n  labels:\n    app.kubernetes.io/instance: x\n' +
        '{{- with .Values.commonLabels }}\n{{ toYaml . | indent 4 }}\n{{- end }}\n',
    ],
    [
      'a field that may be absent, which the code encodes',
      { a: 1, caBundle: Buffer.from(standIn('caBundle')).toString('base64') },
      'a: 1\n{{- with include "fluent-pvc-operator.caBundle" . }}\ncaBundle: {{ . }}\n{{- end }}\n',
    ],
  ])('%s', (_what, object, yaml) => {
    expect(template([object])).toBe(`---\n${yaml}`);
  });

  test('but not where none can stand', () => {
    const text = `at most ${standIn('timeoutSeconds')} seconds`;
    expect(() => template([{ text }])).toThrow('stands where no template expression can');
  });

  test('and nothing else does', () => {
    expect(() => template([{ text: '{{ .Release.Name }}' }])).toThrow('for its own');
  });
});

describe('of two templates', () => {
  test.each<[string, string, string, string]>([
    ['that are the same, there is one', 'a\nb\n', 'a\nb\n', 'a\nb\n'],
    [
      'the place where they differ is chosen',
      'a\nb\nc\n',
      'a\nx\ny\nc\n',
      'a\n{{- if yes }}\nb\n{{- else }}\nx\ny\n{{- end }}\nc\n',
    ],
    [
      'that end differently, too',
      'a\n- b\n',
      'a\n- x\n- y\n',
      'a\n{{- if yes }}\n- b\n{{- else }}\n- x\n- y\n{{- end }}\n',
    ],
  ])('%s', (_what, one, other, both) => {
    expect(either('yes', one, other)).toBe(both);
  });
});

test('a part may be there only under a condition', () => {
  expect(onlyIf('yes', 'a\n')).toBe('{{- if yes }}\na\n{{- end }}\n');
});
