import { describe, expect, test } from '@jest/globals';
import {
  type ContainerEnd,
  endIn,
  ofKill,
  ofMemory,
  ofOwnEnd,
} from '../../../../e2e/safety/effect.ts';
import { make } from '../../../support/make.ts';

const id = 'abc';
const ended = { exitCode: 137, reason: 'Error', containerID: 'containerd://abc' };
const other = { exitCode: 0, reason: 'Completed', containerID: 'containerd://def' };

describe('the end of a container', () => {
  test.each<[string, object, ContainerEnd | undefined]>([
    ['is not there while it runs', { state: { running: {} } }, undefined],
    ['is found where it has ended for good', { state: { terminated: ended } }, ended],
    [
      'is found where it runs again',
      { state: { running: {} }, lastState: { terminated: ended } },
      ended,
    ],
    ['is not that of the one before it', { lastState: { terminated: other } }, undefined],
  ])('%s', (_sentence, status, expected) => {
    for (const kind of ['containerStatuses', 'initContainerStatuses']) {
      const pod = make.pod({ status: { [kind]: [{ name: 'a', ...status }] } });
      const end = endIn(pod, id);
      if (expected === undefined) expect(end).toBeUndefined();
      else expect(end).toMatchObject({ exitCode: 137, reason: 'Error' });
    }
  });
});

describe('the effect', () => {
  const end = (exitCode: number, reason?: string): ContainerEnd =>
    reason === undefined ? { exitCode } : { exitCode, reason };
  const seen = { isSeen: true };
  test.each<[string, object, object]>([
    ['of a kill is exit code 137', ofKill(end(137, 'Error')), seen],
    [
      'of a kill is not seen where the container ended by itself',
      ofKill(end(0, 'Completed')),
      { isSeen: false, why: 'the container ended by itself (exit code 0, Completed)' },
    ],
    [
      'of a kill is not seen where nobody saw an end',
      ofKill(undefined),
      { isSeen: false, why: 'the Pod was over, and nobody has seen the end of the container' },
    ],
    ['of memory that is used up is OOMKilled', ofMemory(end(137, 'OOMKilled')), seen],
    [
      'of memory that is used up is not seen where the kernel chose another process',
      ofMemory(end(0, 'Completed')),
      { isSeen: false, why: 'the container was not OOMKilled (exit code 0, Completed)' },
    ],
    [
      'of memory that is used up is not seen where somebody else killed it',
      ofMemory(end(137, 'Error')),
      { isSeen: false, why: 'the container was not OOMKilled (exit code 137, Error)' },
    ],
    ['of the app’s own end is exit code 0', ofOwnEnd(end(0)), seen],
    [
      'of the app’s own end is not seen where it failed',
      ofOwnEnd(end(128, 'StartError')),
      { isSeen: false, why: 'the app failed (exit code 128, StartError)' },
    ],
  ])('%s', (_sentence, effect, expected) => {
    expect(effect).toEqual(expected);
  });
});
