import { expect, test } from '@jest/globals';
import { anyOf, label, literal, text } from '../../../src/core/cel.ts';
import { changed, finalizerMark, labelMark, missing } from '../../../src/core/mark.ts';

test.each([
  ['a string', literal('a "b" \\ c'), String.raw`"a \"b\" \\ c"`],
  ['a list', literal(['a', 'b']), '["a","b"]'],
  [
    'a text with CEL in it',
    text`PVC "${'x.name'}" is ${'y'}`,
    String.raw`"PVC \"" + x.name + "\" is " + y`,
  ],
  ['a text that begins with CEL', text`${'x'}!`, 'x + "!"'],
  ['a text without CEL', text`plain`, '"plain"'],
  ['a label', label('oldObject', 'a/b'), 'oldObject.metadata.?labels[?"a/b"]'],
  ['alternatives', anyOf('a && b', 'c'), '(a && b) || (c)'],
  [
    'what an update changes',
    changed([{ called: 'spec', value: (of) => `${of}.?spec` }]),
    '(object.?spec != oldObject.?spec ? ["spec"] : [])',
  ],
  [
    'what is missing',
    missing('object', [labelMark('a/b'), finalizerMark('c/d')]),
    '(!object.metadata.?labels[?"a/b"].hasValue() ? ["label a/b"] : []) + ' +
      '(!("c/d" in object.metadata.?finalizers.orValue([])) ? ["finalizer c/d"] : [])',
  ],
])('%s as CEL', (_what, expression, cel) => {
  expect(expression).toBe(cel);
});
