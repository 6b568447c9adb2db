import { describe, expect, test } from '@jest/globals';
import { Fleet, type FailedSidecar } from '../../../controllers/fleet.ts';

const MINUTE = 60_000;
const failure: FailedSidecar = {
  key: 'shop/app-0',
  fluentPVC: 'logs',
  sidecar: { name: 'fluentd', mode: 'Native', podDeletionTrigger: 'SidecarFailure' },
  trouble: 'failed',
};

/** A fleet of so many Pods, p0 and so on, of which the first ones fail. Time is in ms from 0. */
function fleetOf(pods: number, failing = 0): Fleet {
  const fleet = new Fleet();
  for (let i = 0; i < pods; i += 1) fleet.set(`p${i}`, undefined, 0);
  for (let i = 0; i < failing; i += 1) fleet.set(`p${i}`, failure, 0);
  return fleet;
}

describe('counted as failed is', () => {
  test('a Pod once, however often it is seen', () => {
    const fleet = fleetOf(5, 1);
    fleet.set('p0', failure, 10);
    expect(fleet.brake(10)).toEqual({ on: false, failed: 1, pods: 5 });
  });
  test('one that is there and failing, for as long as that lasts', () => {
    expect(fleetOf(5, 5).brake(60 * MINUTE)).toMatchObject({ on: true, failed: 5 });
  });
  test('one that went, for 5 min', () => {
    const fleet = fleetOf(5, 5);
    fleet.delete('p0', MINUTE);
    expect(fleet.brake(6 * MINUTE - 1)).toEqual({
      on: true,
      failed: 5,
      pods: 5,
      changesAt: 6 * MINUTE,
    });
    expect(fleet.brake(6 * MINUTE)).toMatchObject({ on: false, failed: 4 });
  });
  test('one that is well again, for 5 min', () => {
    const fleet = fleetOf(5, 1);
    fleet.set('p0', undefined, MINUTE);
    expect(fleet.failureOf('p0')).toBeUndefined();
    expect(fleet.brake(6 * MINUTE - 1).failed).toBe(1);
    expect(fleet.brake(6 * MINUTE).failed).toBe(0);
  });
  test('one that failed again, for as long as that lasts', () => {
    const fleet = fleetOf(5, 1);
    fleet.set('p0', undefined, MINUTE);
    fleet.set('p0', failure, 2 * MINUTE);
    expect(fleet.brake(60 * MINUTE)).toEqual({ on: false, failed: 1, pods: 5 });
  });
  test('not one that went with a sidecar that was well', () => {
    const fleet = fleetOf(5);
    fleet.delete('p0', MINUTE);
    expect(fleet.brake(MINUTE).failed).toBe(0);
  });
});

describe('the Pods of a FluentPVC are', () => {
  test('those that were there at once: replacements do not come on top', () => {
    const fleet = fleetOf(10);
    for (let i = 0; i < 5; i += 1) {
      fleet.set(`p${i}`, failure, i * 1000);
      fleet.delete(`p${i}`, i * 1000 + 1);
      fleet.set(`q${i}`, undefined, i * 1000 + 2);
    }
    expect(fleet.brake(5000)).toMatchObject({ on: true, failed: 5, pods: 10 });
  });
  test('those that were there before the failing ones went, where nobody replaces them', () => {
    const fleet = fleetOf(12);
    for (let i = 0; i < 5; i += 1) {
      fleet.set(`p${i}`, failure, 60 * MINUTE);
      fleet.delete(`p${i}`, 60 * MINUTE + 1);
    }
    expect(fleet.brake(61 * MINUTE)).toMatchObject({ on: false, failed: 5, pods: 12 });
  });
  test('fewer, 5 min after they have become fewer', () => {
    const fleet = fleetOf(12, 5);
    for (let i = 5; i < 12; i += 1) fleet.delete(`p${i}`, MINUTE);
    expect(fleet.brake(6 * MINUTE - 1)).toMatchObject({ on: false, pods: 12 });
    expect(fleet.brake(6 * MINUTE)).toMatchObject({ on: true, pods: 5 });
  });
});

describe('with the brake on', () => {
  test('one Pod goes a minute, the oldest failure first', () => {
    const fleet = fleetOf(6, 6);
    expect(fleet.turnOf('p0', 0)).toEqual({ kind: 'wait', ms: MINUTE, failed: 6, pods: 6 });
    expect(fleet.turnOf('p2', 0)).toMatchObject({ kind: 'wait', ms: 3 * MINUTE });
    expect(fleet.turnOf('p0', MINUTE)).toEqual({ kind: 'now' });
    fleet.ask('p0');
    expect(fleet.turnOf('p1', MINUTE)).toMatchObject({ kind: 'wait' });
    fleet.answer('p0', true, MINUTE + 5);
    fleet.delete('p0', MINUTE + 6);
    expect(fleet.turnOf('p1', 2 * MINUTE)).toMatchObject({ kind: 'wait', ms: 5 });
    expect(fleet.turnOf('p1', 2 * MINUTE + 5)).toEqual({ kind: 'now' });
  });
  test('a deletion that was refused is none: another one may go at once', () => {
    const fleet = fleetOf(6, 6);
    fleet.ask('p0');
    fleet.answer('p0', false, MINUTE);
    expect(fleet.turnOf('p1', MINUTE)).toEqual({ kind: 'now' });
  });
  test('a Pod that goes before the API server has answered was deleted', () => {
    const fleet = fleetOf(6, 6);
    fleet.ask('p0');
    fleet.delete('p0', MINUTE);
    expect(fleet.turnOf('p1', MINUTE + 1)).toMatchObject({ kind: 'wait', ms: MINUTE - 1 });
  });
  test('of a hundred Pods none waits longer than an hour until it looks again', () => {
    expect(fleetOf(100, 100).turnOf('p99', 0)).toMatchObject({ kind: 'wait', ms: 61 * MINUTE });
  });
});

test('four Pods go at once, and so do more of a fleet that is mostly well', () => {
  expect(fleetOf(4, 4).turnOf('p3', 0)).toEqual({ kind: 'now' });
  expect(fleetOf(11, 5).turnOf('p4', 0)).toEqual({ kind: 'now' });
});

test('deletions before the brake went on count', () => {
  const fleet = fleetOf(5, 4);
  fleet.ask('p0');
  fleet.answer('p0', true, 1000);
  fleet.set('p4', failure, 2000);
  expect(fleet.turnOf('p4', 2000)).toMatchObject({ kind: 'wait', ms: MINUTE + 4 * MINUTE });
});

test('nothing is left of a fleet when its last failure is out of the window', () => {
  const fleet = fleetOf(1, 1);
  fleet.delete('p0', 0);
  expect(fleet.isEmpty).toBe(false);
  fleet.brake(5 * MINUTE);
  expect(fleet.isEmpty).toBe(true);
});
