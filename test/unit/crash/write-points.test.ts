import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiWrite } from '../../crash/api-write.ts';
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
