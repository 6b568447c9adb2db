import { describe, expect, test } from '@jest/globals';
import { type History, keepHistory, releaseIn } from '../../../../e2e/safety/sight.ts';
import type { Binding } from '../../../../src/api/binding.ts';
import type { Job } from '../../../../src/api/job.ts';
import type { Stored } from '../../../../src/api/object.ts';
import type { Watcher } from '../../../../src/kube/delivery.ts';
import { make } from '../../../support/make.ts';

const succeeded = make.binding({
  status: { attempts: 1, conditions: [make.condition('FinalizerJobSucceeded')] },
});
const waiting = make.binding({ status: { attempts: 2 } });
const { namespace = '', name: claim } = waiting.metadata;
const subject = { namespace, name: 'writer', uid: 'pod-uid', claim };

/** What is written down of bindings that were like that, one after the other. */
function historyOf(...bindings: readonly Stored<Binding>[]): History {
  const watchers: Watcher<Binding>[] = [];
  const history = keepHistory({ bindings: { onChange: (watcher) => watchers.push(watcher) } });
  for (const object of bindings) for (const tell of watchers) tell({ type: 'set', object });
  return history;
}

describe('the history of a claim', () => {
  test('has the most Jobs that have failed, though a binding begins anew elsewhere', () => {
    expect(historyOf(waiting, succeeded).attempts.get(claim)).toBe(2);
  });

  test('knows of the success of its Job', () => {
    expect([...historyOf(waiting, succeeded).drained]).toEqual([claim]);
    expect([...historyOf(waiting).drained]).toEqual([]);
  });
});

describe('a claim', () => {
  const none = { get: () => undefined };
  const done = make.job({ status: { conditions: [{ type: 'Complete', status: 'True' }] } });
  const at = <T>(place: string, object: T) => ({
    get: (key: string) => (key === `${place}/${claim}` ? object : undefined),
  });
  test.each<[string, Parameters<typeof releaseIn>[0], string | undefined]>([
    [
      'is to be drained while its binding is there',
      { jobs: none, bindings: at(namespace, waiting), history: historyOf() },
      undefined,
    ],
    [
      'is to be drained while its binding is in the rescue namespace',
      { jobs: none, bindings: at('fluent-pvc-rescue', waiting), history: historyOf() },
      undefined,
    ],
    [
      'is drained when its Job has succeeded',
      {
        jobs: at<Stored<Job>>(namespace, done),
        bindings: at(namespace, waiting),
        history: historyOf(),
      },
      'by a Job',
    ],
    [
      'was drained where only its binding was seen to say so',
      { jobs: none, bindings: none, history: historyOf(waiting, succeeded) },
      'by a Job',
    ],
    [
      'was released without a drain where nobody has said so',
      { jobs: none, bindings: none, history: historyOf(waiting) },
      'without',
    ],
  ])('%s', (_sentence, seen, expected) => {
    expect(releaseIn(seen, subject)).toBe(expected);
  });
});
