import { describe, expect, test } from '@jest/globals';
import type { EnvVar, VolumeMount } from '../../../src/api/pod.ts';
import { mergeByName, mergeMounts } from '../../../src/core/merge.ts';
import { applyOperations } from '../../../src/core/inject.ts';
import { pointer } from '../../../src/core/plan.ts';

const a = { name: 'a', value: '1' };
const a2 = { name: 'a', value: '2' };
const b = { name: 'b', value: '1' };
const c = { name: 'c', value: '1' };

describe('mergeByName', () => {
  interface Case {
    list: EnvVar[] | undefined;
    ours: EnvVar[];
    result: EnvVar[] | undefined;
    operations: number;
    replaced?: { was: EnvVar; is: EnvVar }[];
  }
  const cases: Record<string, Case> = {
    'leaves a list alone when we have nothing': { list: [a], ours: [], result: [a], operations: 0 },
    'makes no list when we have nothing': {
      list: undefined,
      ours: [],
      result: undefined,
      operations: 0,
    },
    'makes a list where there is none': {
      list: undefined,
      ours: [a, b],
      result: [a, b],
      operations: 1,
    },
    'appends what is missing, in our order': {
      list: [c],
      ours: [b, a],
      result: [c, b, a],
      operations: 2,
    },
    'costs nothing where ours is there already': {
      list: [b, a],
      ours: [a],
      result: [b, a],
      operations: 0,
    },
    'replaces one of the same name in its place': {
      list: [a, b],
      ours: [a2],
      result: [a2, b],
      operations: 1,
      replaced: [{ was: a, is: a2 }],
    },
    'leaves one of several with the same name': {
      list: [a, b, a, c, a],
      ours: [a2],
      result: [a2, b, c],
      operations: 3,
      replaced: [
        { was: a, is: a2 },
        { was: a, is: a2 },
        { was: a, is: a2 },
      ],
    },
    'takes the last of several of ours': {
      list: [],
      ours: [a, b, a2],
      result: [a2, b],
      operations: 2,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { list, ours, result, operations, replaced = [] }) => {
    const merge = mergeByName('/list', list, ours);
    expect(merge.operations).toHaveLength(operations);
    expect(merge.replaced).toEqual(replaced);
    const before = list === undefined ? {} : { list };
    expect(applyOperations(before, merge.operations)).toEqual(
      result === undefined ? {} : { list: result },
    );
  });
});

describe('mergeMounts', () => {
  const logs = { name: 'logs', mountPath: '/logs' };
  const logsElsewhere = { name: 'logs', mountPath: '/elsewhere' };
  const logsTwice = { name: 'logs', mountPath: '/twice' };
  const other = { name: 'other', mountPath: '/other' };
  interface Case {
    list: VolumeMount[] | undefined;
    ours: VolumeMount[];
    result: VolumeMount[];
    operations: number;
    replaced?: { was: VolumeMount; is: VolumeMount | undefined }[];
  }
  const cases: Record<string, Case> = {
    'makes a list where there is none': {
      list: undefined,
      ours: [logs],
      result: [logs],
      operations: 1,
    },
    'leaves a list alone when we have nothing': {
      list: [other],
      ours: [],
      result: [other],
      operations: 0,
    },
    'costs nothing where all mounts are there': {
      list: [logsTwice, other, logs],
      ours: [logs, logsTwice],
      result: [logsTwice, other, logs],
      operations: 0,
    },
    'takes other mounts of our volume away': {
      list: [logsElsewhere, other],
      ours: [logs],
      result: [other, logs],
      operations: 2,
      replaced: [{ was: logsElsewhere, is: logs }],
    },
    'keeps one of two equal mounts': {
      list: [logs, other, logs],
      ours: [logs],
      result: [logs, other],
      operations: 1,
      replaced: [{ was: logs, is: logs }],
    },
    'mounts a volume at all our paths': {
      list: [other],
      ours: [logs, logsTwice],
      result: [other, logs, logsTwice],
      operations: 2,
    },
    'removes several from the end': {
      list: [logsElsewhere, other, logsTwice],
      ours: [logs],
      result: [other, logs],
      operations: 3,
      replaced: [
        { was: logsElsewhere, is: logs },
        { was: logsTwice, is: logs },
      ],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { list, ours, result, operations, replaced = [] }) => {
    const merge = mergeMounts('/list', list, ours);
    expect(merge.operations).toHaveLength(operations);
    expect(merge.replaced).toEqual(replaced);
    const before = list === undefined ? {} : { list };
    expect(applyOperations(before, merge.operations)).toEqual({ list: result });
  });
});

test('a list that is null, as a bare key in YAML makes it, counts as absent', () => {
  const list = null as unknown as undefined;
  expect(mergeByName('/list', list, [a]).operations).toEqual([
    { op: 'add', path: '/list', value: [a] },
  ]);
  const mount = { name: 'logs', mountPath: '/logs' };
  expect(mergeMounts('/list', list, [mount]).operations).toEqual([
    { op: 'add', path: '/list', value: [mount] },
  ]);
});

describe('pointer', () => {
  const cases: Record<string, { parts: (string | number)[]; path: string }> = {
    'joins parts': { parts: ['spec', 0], path: '/spec/0' },
    'escapes slashes': { parts: ['a/b'], path: '/a~1b' },
    'escapes tildes before slashes': { parts: ['~/'], path: '/~0~1' },
  };
  test.each(Object.entries(cases))('%s', (_, { parts, path }) => {
    expect(pointer(...parts)).toBe(path);
  });
});
