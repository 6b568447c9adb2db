import { expect, test } from '@jest/globals';
import { checkInstall } from '../../../src/check/install.ts';
import { rfc3339 } from '../../../src/api/condition.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { Lease } from '../../../src/kube/lease.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { memoryApi, refusal } from '../../support/memory-api.ts';

const DENIAL = refusal(422, 'FluentPVCNotFound');
const UNANSWERED = refusal(500, 'InternalError', 'failed calling webhook: no endpoints');
const LEASE = { kind: 'Lease', namespace: 'ops', name: 'mine' } as const;

interface Installation {
  said: string[];
  /** Its fate; the clock runs until it is known. */
  result: Promise<string>;
  stop: AbortController;
}

/** `deny`: what becomes of a labelled Pod; `renews`: whether the leader is alive. */
function installation(deny: () => Error | undefined, renews: boolean): Installation {
  const api = memoryApi();
  const clock = new FakeClock();
  const said: string[] = [];
  const renew = (): void => {
    const renewTime = rfc3339(renews ? clock.now() : 0);
    const { kind, ...metadata } = LEASE;
    api.put<Lease>({
      apiVersion: 'coordination.k8s.io/v1',
      kind,
      metadata,
      spec: { holderIdentity: 'one', renewTime },
    });
  };
  const create: KubeClient['create'] = (object, options) => {
    expect(options?.dryRun).toBe(true);
    const denial = deny();
    if (denial !== undefined) return Promise.reject(denial);
    return Promise.resolve(object as Stored<typeof object>);
  };
  const get: KubeClient['get'] = (ref) => {
    renew();
    return api.get(ref);
  };
  const stop = new AbortController();
  const checked = checkInstall(
    {
      client: { create, get },
      clock,
      validationNamespace: 'trials',
      lease: LEASE,
      say: (line) => void said.push(line),
    },
    stop.signal,
  );
  let isOver = false;
  const result = checked
    .then(() => 'works', String)
    .finally(() => {
      isOver = true;
    });
  const run = async (): Promise<string> => {
    while (!isOver) await clock.advance(1_000);
    return result;
  };
  return { said, result: run(), stop };
}

test('an installation works when our webhook denies a Pod and the Lease is renewed', async () => {
  const { said, result } = installation(() => DENIAL, true);
  expect(await result).toBe('works');
  expect(said).toEqual([
    'the webhook answers',
    'waits for the controllers: "one" does not renew its Lease',
    'the controllers lead',
  ]);
});

test('it is waited for, and what it waits for is said once', async () => {
  let asked = 0;
  const { said, result } = installation(() => {
    asked += 1;
    return asked < 5 ? UNANSWERED : DENIAL;
  }, true);
  expect(await result).toBe('works');
  expect(said.filter((line) => line.includes('no endpoints'))).toHaveLength(1);
});

test.each<[string, () => Error | undefined, boolean, string]>([
  ['nobody answers for the webhook', () => UNANSWERED, true, 'no endpoints'],
  ['a labelled Pod passes by the webhook', () => undefined, true, 'that it did not see'],
  ['another one denies the Pod', () => refusal(403, 'Forbidden', 'by quota'), true, 'by quota'],
  ['the Lease is not renewed', () => DENIAL, false, '"one" does not renew its Lease'],
])('it does not work where %s', async (_called, deny, renews, why) => {
  const { result } = installation(deny, renews);
  const said = await result;
  expect(said).toContain('UserError');
  expect(said).toContain(why);
});

test('one that is asked to stop does not say that it works', async () => {
  const { said, result, stop } = installation(() => UNANSWERED, true);
  stop.abort();
  expect(await result).toContain('stopped while it waited for the webhook');
  expect(said.filter((line) => line.includes('no endpoints'))).toHaveLength(1);
});
