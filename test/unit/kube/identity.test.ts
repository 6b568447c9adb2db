import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { createIdentity, hasEndedHere } from '../../../src/kube/identity.ts';

/** The identity that a process of that pid would have, here. */
const withPid = (pid: number): string =>
  createIdentity().replace(`${hostname()}_${process.pid}_`, `${hostname()}_${pid}_`);
const endedPid = (): number => spawnSync('true').pid;

test('an identity says where it lives, and no two are the same', () => {
  const [one, two] = [createIdentity(), createIdentity()];
  expect(one.startsWith(`${hostname()}_${process.pid}_`)).toBe(true);
  expect(one).not.toBe(two);
  expect(one).not.toMatch(/\s/);
});

test('a process of this machine that has ended has ended here', () => {
  expect(hasEndedHere(withPid(endedPid()))).toBe(true);
});

test('one that runs has not', () => {
  expect(hasEndedHere(createIdentity())).toBe(false);
  expect(hasEndedHere(withPid(process.ppid))).toBe(false);
});

test('nothing can be said of others', () => {
  const ended = withPid(endedPid());
  const pid = String(endedPid());
  const elsewhere: Record<string, string> = {
    'another machine': ended.replace(hostname(), `${hostname()}-2`),
    'another pid namespace': ended.replace(/_(\d+)_(\w+)$/, '_1_$2'),
    'no pid namespace known': ended.replace(/_(\d+)_(\w+)$/, '_0_$2'),
    'an older version': `${hostname()}_${pid}`,
    'something else': 'some-leader',
    nothing: '',
  };
  for (const [what, identity] of Object.entries(elsewhere))
    expect([what, hasEndedHere(identity)]).toEqual([what, false]);
});
