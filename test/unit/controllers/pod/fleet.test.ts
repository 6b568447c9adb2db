import { describe, expect, test } from '@jest/globals';
import { Fleet, type FailedSidecar } from '../../../../controllers/pod/fleet.ts';

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
      nextAt: MINUTE,
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
    expect(fleet.brake(2 * MINUTE)).toEqual({ on: false, failed: 1, pods: 5 });
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
  test('one Pod goes a minute', () => {
    const fleet = fleetOf(6, 6);
    expect(fleet.turn('p1', 0)).toEqual({ kind: 'wait', failed: 6, pods: 6 });
    expect(fleet.turn('p1', MINUTE - 1)).toMatchObject({ kind: 'wait' });
    expect(fleet.turn('p1', MINUTE)).toEqual({ kind: 'now' });
    fleet.ask('p0');
    expect(fleet.turn('p1', MINUTE)).toMatchObject({ kind: 'wait' });
    fleet.answer('p0', true, MINUTE + 5);
    fleet.delete('p0', MINUTE + 6);
    expect(fleet.brake(MINUTE + 6)).toMatchObject({ on: true, nextAt: 2 * MINUTE + 5 });
    expect(fleet.turn('p1', 2 * MINUTE + 4)).toMatchObject({ kind: 'wait' });
    expect(fleet.turn('p1', 2 * MINUTE + 5)).toEqual({ kind: 'now' });
  });
  test('a deletion that was refused is none: another one may go at once', () => {
    const fleet = fleetOf(6, 6);
    fleet.ask('p0');
    fleet.answer('p0', false, MINUTE);
    expect(fleet.turn('p1', MINUTE)).toEqual({ kind: 'now' });
  });
  test('a Pod that goes before the API server has answered was deleted', () => {
    const fleet = fleetOf(6, 6);
    fleet.ask('p0');
    fleet.delete('p0', MINUTE);
    expect(fleet.turn('p1', 2 * MINUTE - 1)).toMatchObject({ kind: 'wait' });
    expect(fleet.turn('p1', 2 * MINUTE)).toEqual({ kind: 'now' });
  });
});

describe('in line', () => {
  const line = (...uids: string[]): Fleet => {
    const fleet = new Fleet();
    for (let i = 0; i < 12; i += 1) fleet.set(`p${i}`, { ...failure, key: `shop/p${i}` }, 0);
    for (const uid of uids) fleet.turn(uid, 0);
    return fleet;
  };
  test('nobody is called before one may go, then those that wait', () => {
    expect(line('p2', 'p1').toCall(MINUTE - 1)).toEqual([]);
    expect(line('p2', 'p1').toCall(MINUTE)).toEqual(['shop/p2', 'shop/p1']);
  });
  test('ten are called, who was told to wait again keeps its place', () => {
    const all = Array.from({ length: 12 }, (_, i) => `p${i}`);
    const fleet = line(...all, 'p0');
    expect(fleet.toCall(MINUTE)).toEqual(all.slice(0, 10).map((uid) => `shop/${uid}`));
  });
  test('who was let go and comes back is the last', () => {
    const fleet = line('p0', 'p1');
    fleet.turn('p0', MINUTE);
    fleet.ask('p1');
    fleet.turn('p0', MINUTE);
    fleet.answer('p1', false, MINUTE);
    expect(fleet.toCall(MINUTE)).toEqual(['shop/p1', 'shop/p0']);
  });
  test('who is well, or gone, is not called', () => {
    const fleet = line('p0', 'p1', 'p2');
    fleet.set('p0', undefined, 1);
    fleet.delete('p1', 1);
    expect(fleet.toCall(MINUTE)).toEqual(['shop/p2']);
    // It has not been told to wait again.
    fleet.set('p0', { ...failure, key: 'shop/p0' }, 2);
    expect(fleet.toCall(MINUTE)).toEqual(['shop/p2']);
  });
  test('all that wait are called when the brake is off, and nobody else', () => {
    const all = Array.from({ length: 11 }, (_, i) => `p${i}`);
    const fleet = line(...all);
    for (let i = 12; i < 30; i += 1) fleet.set(`p${i}`, undefined, 0);
    expect(fleet.toCall(1)).toEqual(all.map((uid) => `shop/${uid}`));
    fleet.turn('p0', 1);
    expect(fleet.toCall(1)).not.toContain('shop/p0');
  });
});

test('four Pods go at once, and so do more of a fleet that is mostly well', () => {
  expect(fleetOf(4, 4).turn('p1', 0)).toEqual({ kind: 'now' });
  expect(fleetOf(11, 5).turn('p1', 0)).toEqual({ kind: 'now' });
});

test('a brake that goes on again counts its first minute anew', () => {
  const fleet = fleetOf(5, 5);
  fleet.set('p0', undefined, MINUTE);
  expect(fleet.brake(6 * MINUTE)).toMatchObject({ on: false });
  fleet.set('p0', failure, 7 * MINUTE);
  expect(fleet.brake(7 * MINUTE)).toMatchObject({ on: true, nextAt: 8 * MINUTE });
});

test('nothing is left of a fleet when its last failure is out of the window', () => {
  const fleet = fleetOf(1, 1);
  fleet.delete('p0', 0);
  expect(fleet.isEmpty).toBe(false);
  fleet.brake(5 * MINUTE);
  expect(fleet.isEmpty).toBe(true);
});
