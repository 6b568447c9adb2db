import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { annotations, labels } from '../../../src/api/names.ts';
import type { ApiWrite } from '../../crash/api-write.ts';
import { RESCUE_NAMESPACE } from '../../crash/ownership.ts';
import { VISITED } from '../../crash/visits.ts';
import { pointOf, WRITE_POINT_NAMES, WRITE_POINTS } from '../../crash/write-points.ts';

const write = (change: Partial<ApiWrite>): ApiWrite => ({
  verb: 'patch',
  resource: 'fluentpvcbindings',
  namespace: 'default',
  name: 'a',
  subresource: '',
  body: {},
  ...change,
});
const status = (body: object): ApiWrite => write({ subresource: 'status', body: { status: body } });
const holds = (...types: string[]): object => ({
  conditions: types.map((type) => ({ type, status: 'True' })),
});
const told = (kind: string, reason: string): ApiWrite =>
  write({ verb: 'create', resource: 'events', body: { reason, regarding: { kind } } });
const takenOver = { metadata: { annotations: { [annotations.takenOver]: 'now' } } };
const remove = { op: 'remove', path: '/metadata/finalizers/0' };

const cases: Record<string, { write: ApiWrite; point: string }> = {
  'a phase says it all': {
    write: status({ phase: 'OutOfUse', ...holds('WriterMayBeAlive') }),
    point: 'the status says OutOfUse',
  },
  'without a phase it is the notice that holds': {
    write: status(holds('OutOfUse', 'FinalizerJobApplied', 'DrainStalled')),
    point: 'the status says DrainStalled',
  },
  'without either there is no Job any more': {
    write: status(holds('OutOfUse', 'FinalizerJobFailed')),
    point: 'the status says that there is no Job',
  },
  'a merge patch of a binding tells it of its Pod': {
    write: write({ body: { spec: {} } }),
    point: 'the binding learns Pod and claim',
  },
  'one that names a volume tells it of a rescue': {
    write: write({ body: { spec: { rescue: {} } } }),
    point: 'the binding is told of a volume to rescue',
  },
  'one in the rescue namespace tells it of its claim alone': {
    write: write({ namespace: RESCUE_NAMESPACE, body: { spec: { pvc: {} } } }),
    point: 'the binding that goes on elsewhere learns its claim',
  },
  'one that says so takes it over from the original': {
    write: write({ body: { ...takenOver, spec: { sidecar: {} } } }),
    point: 'a binding of the original becomes ours',
  },
  'a claim is taken over by a merge patch': {
    write: write({ resource: 'persistentvolumeclaims', body: takenOver }),
    point: 'a claim of the original becomes ours',
  },
  'a merge patch of a FluentPVC brings our finalizer': {
    write: write({ resource: 'fluentpvcs', body: { metadata: { finalizers: ['x'] } } }),
    point: 'the FluentPVC gets our finalizer',
  },
  'one of its spec says what it has meant': {
    write: write({ resource: 'fluentpvcs', body: { spec: {} } }),
    point: 'the FluentPVC says what it has meant',
  },
  'where all that is ours is doubt, the original is doubted': {
    write: status({
      phase: 'Ready',
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'OutOfUse', status: 'False', reason: 'TakenOver', observedGeneration: 1 },
      ],
    }),
    point: 'the status takes back what the original said',
  },
  'and once we have said more, it is not': {
    write: status({
      phase: 'OutOfUse',
      conditions: [
        { type: 'Unknown', status: 'False', reason: 'TakenOver', observedGeneration: 1 },
        { type: 'OutOfUse', status: 'True', reason: 'PodEnded', observedGeneration: 1 },
      ],
    }),
    point: 'the status says OutOfUse',
  },
  'a rescue that goes on elsewhere is none here': {
    write: status({
      conditions: [{ type: 'Rescued', status: 'True', reason: 'GoesOnElsewhere' }],
    }),
    point: 'the status says that it goes on elsewhere',
  },
  'a binding with a volume goes on elsewhere': {
    write: write({ verb: 'create', body: { spec: { rescue: {} } } }),
    point: 'the binding that goes on elsewhere is stored',
  },
  'a claim with a volume takes it over': {
    write: write({
      verb: 'create',
      resource: 'persistentvolumeclaims',
      body: { spec: { volumeName: 'pv-1' } },
    }),
    point: 'the claim that takes a volume over is stored',
  },
  'a volume whose own policy is Retain is given back with that': {
    write: write({
      resource: 'persistentvolumes',
      body: {
        metadata: { labels: { [labels.binding]: null } },
        spec: { persistentVolumeReclaimPolicy: 'Retain' },
      },
    }),
    point: 'the volume is given back',
  },
  'an Event is told apart by what it is about: the Namespace': {
    write: told('Namespace', 'DataGivenUp'),
    point: 'an Event on the Namespace is written',
  },
  'the FluentPVC': {
    write: told('FluentPVC', 'BrakeEngaged'),
    point: 'an Event on the FluentPVC is written',
  },
  'anything else': {
    write: told('FluentPVCBinding', 'DataGivenUp'),
    point: 'an Event is written',
  },
  'a JSON patch of a binding takes its finalizer': {
    write: write({ body: [remove] }),
    point: 'the binding loses our finalizer',
  },
  'one of a claim that adds a label marks it': {
    write: write({
      resource: 'persistentvolumeclaims',
      body: [remove, { op: 'add', path: '/metadata/labels/x', value: 'unused' }],
    }),
    point: 'the claim is marked as never used',
  },
  'a failed Job goes in the foreground': {
    write: write({ verb: 'delete', resource: 'jobs', body: { propagationPolicy: 'Foreground' } }),
    point: 'the failed finalizer Job is deleted',
  },
  'an eviction is a create': {
    write: write({ verb: 'create', resource: 'pods', subresource: 'eviction' }),
    point: 'the Pod is evicted',
  },
  'a Lease with a new time is renewed': {
    write: write({
      verb: 'update',
      resource: 'leases',
      body: { spec: { holderIdentity: 'a', acquireTime: '1', renewTime: '2' } },
    }),
    point: 'the Lease is renewed',
  },
  'a Lease without a holder is let go': {
    write: write({ verb: 'update', resource: 'leases', body: { spec: { holderIdentity: '' } } }),
    point: 'the Lease is let go',
  },
};

describe('a write is at the point', () => {
  test.each(Object.entries(cases))('%s', (_, { write: one, point }) => {
    expect(pointOf(one)).toBe(point);
  });
  test('of no name where the table does not know it', () => {
    expect(() => pointOf(write({ resource: 'secrets' }))).toThrow('no write point');
    const event = write({ verb: 'create', resource: 'events', body: { reason: 'New' } });
    expect(() => pointOf(event)).toThrow('no write point');
  });
});

test('at every point of the table some test kills the operator', () => {
  expect(WRITE_POINT_NAMES.filter((name) => !VISITED.has(name))).toEqual([]);
});

test('docs/crash-safety.md shows the table', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/crash-safety.md'), 'utf8');
  const [, section = ''] = page.split('## Where it writes');
  const [, table = ''] = (section.split('\n## ')[0] ?? '').split('|---|---|');
  const rows = [...table.matchAll(/^\| (.+?) \| (.+) \|$/gm)];
  expect(rows.map(([, name, heals]) => ({ name, heals }))).toEqual(
    Object.entries(WRITE_POINTS).map(([name, { heals }]) => ({ name, heals })),
  );
});
