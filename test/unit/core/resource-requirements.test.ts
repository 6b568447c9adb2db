import { describe, expect, test } from '@jest/globals';
import { parseResources } from '../../../src/core/resource-requirements.ts';

const parsed = (requests: object, limits: object) =>
  parseResources(JSON.stringify({ requests, limits }));

describe('requirements that can be met', () => {
  const cases: Record<string, [requests: object, limits: object]> = {
    'requests without limits': [{ cpu: '100m', memory: '1Gi' }, {}],
    'limits without requests': [{}, { cpu: 1, 'example.com/gpu': 1 }],
    'the same in other words': [
      { cpu: '500m', memory: '1Ki', 'ephemeral-storage': '1e3' },
      { cpu: 0.5, memory: 1024, 'ephemeral-storage': '1k' },
    ],
    'a limit above': [
      { cpu: '0.1', memory: '999M' },
      { cpu: '101m', memory: '1G' },
    ],
    'numbers that JavaScript could not tell apart': [
      { memory: '9007199254740992' },
      { memory: '9007199254740993' },
    ],
    'devices and pages, of which as many are set aside as may be used': [
      { 'example.com/gpu': '1', 'hugepages-2Mi': '4Mi' },
      { 'example.com/gpu': 1, 'hugepages-2Mi': '4096Ki' },
    ],
    'a resource of Kubernetes with a domain': [
      { 'a.kubernetes.io/b': 1 },
      { 'a.kubernetes.io/b': 2 },
    ],
  };
  test.each(Object.entries(cases))('%s', (_, [requests, limits]) => {
    expect(parsed(requests, limits)).toEqual({ resources: { requests, limits } });
  });
});

describe('not to be met is', () => {
  const cases: Record<string, { of: [object, object]; problem: string }> = {
    'a request above its limit': {
      of: [{ cpu: '500m' }, { cpu: '0.1' }],
      problem: 'cpu: 500m is requested, 0.1 the limit',
    },
    'one above by suffix only': {
      of: [{ memory: '1Gi' }, { memory: '1G' }],
      problem: 'memory: 1Gi is requested, 1G the limit',
    },
    'one above by a digit that JavaScript does not see': {
      of: [{ memory: '9007199254740993' }, { memory: '9007199254740992' }],
      problem: 'memory: 9007199254740993 is requested, 9007199254740992 the limit',
    },
    'several, all told': {
      of: [
        { cpu: 2, memory: '2Gi' },
        { cpu: 1, memory: '1Gi' },
      ],
      problem: 'cpu: 2 is requested, 1 the limit, memory: 2Gi is requested, 1Gi the limit',
    },
    'a device with another limit': {
      of: [{ 'example.com/gpu': 1 }, { 'example.com/gpu': 2 }],
      problem: 'example.com/gpu: request and limit must be the same',
    },
    'a device without a limit': {
      of: [{ 'example.com/gpu': 1 }, {}],
      problem: 'example.com/gpu: request and limit must be the same',
    },
    'part of a device': {
      of: [{}, { 'example.com/gpu': '0.5' }],
      problem: 'example.com/gpu: must be a whole number',
    },
    'huge pages with another limit': {
      of: [{ 'hugepages-2Mi': '2Mi' }, { 'hugepages-2Mi': '4Mi' }],
      problem: 'hugepages-2Mi: request and limit must be the same',
    },
    'a resource that containers do not have, once': {
      of: [{ storage: 2 }, { storage: 1 }],
      problem: 'storage is no resource of a container',
    },
    'a name that is none': {
      of: [{}, { 'a b/c': 1 }],
      problem: 'a b/c is no resource of a container',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { of: [requests, limits], problem }) => {
    expect(parsed(requests, limits)).toEqual({ problem });
  });
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"request":{}}',
  '{"claims":[]}',
  '{"requests":null}',
  '{"limits":{"cpu":"1 "}}',
  '{"limits":{"cpu":"-1"}}',
  '{"limits":{"cpu":-1}}',
  '{"limits":{"memory":9007199254740993}}',
  '{"limits":{"cpu":true}}',
])('%s are none', (text) => {
  expect(parseResources(text)).toBeUndefined();
});
