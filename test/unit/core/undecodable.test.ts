import { describe, expect, test } from '@jest/globals';
import { undecodablePaths } from '../../../src/core/undecodable.ts';

const container = (change: object): object => ({ name: 'a', image: 'a', ...change });
const pod = (...containers: object[]): object => ({ spec: { containers } });
const wrong = (type: string, path: string): string =>
  `json: cannot unmarshal ${type} into Go struct field Container.${path} of type string`;
const QUANTITY =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

describe('what the API server could not read is found:', () => {
  const cases: Record<string, { object: object; message: string; paths: string[] }> = {
    'a number for a text': {
      object: pod(container({}), container({ image: 5 })),
      message: wrong('number', 'spec.containers.image'),
      paths: ['spec.containers[1].image'],
    },
    'in each place': {
      object: pod(container({ image: 5 }), container({ image: 6 })),
      message: wrong('number', 'spec.containers.image'),
      paths: ['spec.containers[0].image', 'spec.containers[1].image'],
    },
    'a number that is too large for its field': {
      object: pod(container({ ports: [{ containerPort: 1e10 }] })),
      message: wrong('number 10000000000', 'spec.containers.ports.containerPort'),
      paths: ['spec.containers[0].ports[0].containerPort'],
    },
    'a text for a list': {
      object: pod(container({ command: 'sh' })),
      message: wrong('string', 'spec.containers.command'),
      paths: ['spec.containers[0].command'],
    },
    'an entry of a list': {
      object: pod(container({ args: ['a', true] })),
      message: wrong('bool', 'spec.containers.args'),
      paths: ['spec.containers[0].args[1]'],
    },
    'an entry of a map, whose path is that of the map': {
      object: { spec: { nodeSelector: { disk: 'fast', size: 5 } } },
      message: wrong('number', 'spec.nodeSelector'),
      paths: ['spec.nodeSelector.size'],
    },
    'an object, and not a null': {
      object: pod(container({ image: null }), container({ image: {} })),
      message: wrong('object', 'spec.containers.image'),
      paths: ['spec.containers[1].image'],
    },
    'a quantity': {
      object: pod(container({ resources: { limits: { cpu: '1', memory: '1GB' } } })),
      message: QUANTITY,
      paths: ['spec.containers[0].resources.limits.memory'],
    },
    'a quantity of another name': {
      object: {
        spec: {
          volumes: [{ name: 'a', emptyDir: { sizeLimit: 'much' } }],
          containers: [container({ env: [{ valueFrom: { resourceFieldRef: { divisor: 'x' } } }] })],
        },
      },
      message: QUANTITY,
      paths: [
        'spec.volumes[0].emptyDir.sizeLimit',
        'spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor',
      ],
    },
    'nothing where it is not there': {
      object: pod(container({})),
      message: wrong('number', 'spec.containers.image'),
      paths: [],
    },
    'nothing where the answer names nothing': {
      object: pod(container({ image: 5 })),
      message: 'json: cannot unmarshal number into Go value of type string',
      paths: [],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { object, message, paths }) => {
    expect(undecodablePaths(object, message)).toEqual(paths);
  });
});

describe('a quantity is', () => {
  const limits = (value: unknown): string[] =>
    undecodablePaths({ limits: { cpu: value } }, QUANTITY);
  test.each(['1', '+1', '-1.5', '.5', '5.', '100m', '1Ki', '1Ei', '1E', '1e3', '1E-3', 1, null])(
    '%j',
    (value) => {
      expect(limits(value)).toEqual([]);
    },
  );
  test.each(['', '1GB', '1mm', 'x', '1 Gi', '1Gib', '1B', '--1', '1e', true, {}])(
    'not %j',
    (value) => {
      expect(limits(value)).toEqual(['limits.cpu']);
    },
  );
});
