import { describe, expect, test } from '@jest/globals';
import { annotations } from '../../../src/api/names.ts';
import { make } from '../../support/make.ts';
import { message, said } from '../../support/said.ts';
import { fresh, missed, downNode, gone, seconds, plan } from '../../support/in-use.ts';

describe('a Pod that went while it ran', () => {
  test('is said to be written to, perhaps, and on which node', () => {
    const decided = plan(gone({ last: make.pod() }));
    expect(said(decided)).toMatchObject({
      WriterMayBeAlive: 'True NodeNotReady',
    });
    const text = message(decided, 'WriterMayBeAlive') ?? '';
    for (const part of ['app-0', 'node-1', annotations.assumeStopped, 'pod-uid'])
      expect(text).toContain(part);
    expect(decided.requeueAfterMs).toBe(10_000);
  });
  test('has gone when that was said first, not when it is looked at', () => {
    const node = { ...downNode, ready: true, renewedAt: seconds(66) };
    expect(said(plan(gone({ node }), missed(50)))).toMatchObject({ OutOfUse: 'True KubeletAlive' });
    expect(said(plan(gone({ node }), missed(51))) ?? {}).not.toHaveProperty('OutOfUse');
  });
  test('has gone now where the doubt of an earlier time was ended', () => {
    const cleared = make.binding({
      status: { conditions: [make.condition('WriterMayBeAlive', { status: 'False' })] },
    });
    const node = { ...downNode, ready: true, renewedAt: seconds(50) };
    expect(said(plan(gone({ node }), cleared))).toMatchObject({
      WriterMayBeAlive: 'True KubeletStopping',
    });
  });
  test('from a node that nobody knows is waited for, once', () => {
    const node = { kind: 'unknown' } as const;
    expect(plan(gone({ node }), missed(50)).requeueAfterMs).toBe(10_000);
    expect(said(plan(gone({ node }), missed(40)))).toMatchObject({ OutOfUse: 'True NodeUnknown' });
  });
});

describe('a Pod that was never seen', () => {
  interface Case {
    absence: 'proven' | 'unproven';
    age: number;
    says: object | undefined;
    again?: number;
  }
  const missing = { phase: 'PodMissing', PodMissing: 'True PodNeverCreated' };
  const cases: Record<string, Case> = {
    'may still arrive within 70 s': {
      absence: 'unproven',
      age: 69,
      says: undefined,
      again: 1_000,
    },
    'may still arrive, whatever the proof': {
      absence: 'proven',
      age: 30,
      says: undefined,
      again: 40_000,
    },
    'never existed, with proof, after 70 s': { absence: 'proven', age: 70, says: missing },
    'is waited for without proof': {
      absence: 'unproven',
      age: 70,
      says: undefined,
      again: 80_000,
    },
    'without proof until 150 s is taken to have been there': {
      absence: 'unproven',
      age: 150,
      says: { phase: 'OutOfUse', OutOfUse: 'True PodNeverSeen' },
    },
    'never existed, with proof that came late': { absence: 'proven', age: 150, says: missing },
  };
  test.each(Object.entries(cases))('%s', (_, { absence, age, says, again }) => {
    const decided = plan({ kind: 'unseen', absence }, fresh, seconds(age));
    expect(said(decided)).toEqual(says);
    expect(decided.requeueAfterMs).toBe(again);
  });
});
