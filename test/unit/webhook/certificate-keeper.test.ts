import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RETIRE_MS, SETTLE_MS } from '../../../webhook/certificate-plan.ts';
import { heldIn } from '../../../webhook/certificate-secret.ts';
import { certificatesIn } from '../../../webhook/ca-bundle.ts';
import { OF } from '../../support/certifying.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Cluster, type Replica } from '../../support/replicas.ts';
import type { MemoryApi } from '../../support/memory-api.ts';

/** Each opens some hundred connections, on a machine that others use, too. */
jest.setTimeout(60_000);

/** What an API server may be behind; served is nothing that it does not know of by then. */
const LATE_MS = SETTLE_MS - 5_000;
const DAY_MS = 24 * 3600 * 1000;

let clock: FakeClock;
let cluster: Cluster;
let replicas: Replica[];

beforeEach(() => {
  // TLS looks at the real time: what is made within two months from here is valid by that, too.
  clock = new FakeClock(Date.now() - 70 * DAY_MS);
  cluster = new Cluster(clock);
  replicas = [];
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.kill()));
});

const start = async (options?: Parameters<Cluster['start']>[0]): Promise<Replica> => {
  const replica = await cluster.start(options);
  replicas.push(replica);
  return replica;
};

/** Time goes on, and API servers, of which some are behind, open connections all the time. */
async function live(ms: number, stepMs: number): Promise<void> {
  for (let rest = ms; rest > 0; rest -= stepMs) {
    await clock.advance(stepMs);
    for (const replica of replicas) {
      for (const lateMs of [0, LATE_MS]) {
        await cluster.handshake(replica, lateMs).catch((error: unknown) => {
          if (!replica.isKilled) throw error;
        });
      }
    }
  }
}

/** Time goes on until that is so. */
async function until(what: () => boolean, stepMs = 5_000): Promise<void> {
  for (let steps = 0; !what(); steps += 1) {
    if (steps > 200) throw new Error(`it never came to that: ${String(what)}`);
    await live(stepMs, stepMs);
    // Keys are made in threads, which no fake clock waits for.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
/** The first ones come up: nobody is let in to them before. */
async function comeUp(count: number): Promise<void> {
  replicas.push(...(await Promise.all(Array.from({ length: count }, () => cluster.start()))));
  while (replicas.some(({ keeper }) => keeper.untrusted() !== undefined)) {
    await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // API servers that are behind have heard of it.
  await clock.advance(SETTLE_MS);
}
const inUse = (): string => heldIn(cluster.secret).current?.cert ?? '';
const isServed = (): boolean => replicas.every(({ served }) => served.current?.cert === inUse());
const trustedCAs = (): number[] => cluster.bundles.map((bundle) => certificatesIn(bundle).length);
const warnings = (): string[] =>
  replicas.flatMap(({ log }) => [...log.at('warn'), ...log.at('error')]);

describe('replicas that start at once on an empty cluster', () => {
  test('agree on one certificate, which both configurations trust', async () => {
    await comeUp(2);
    await until(isServed);
    expect(trustedCAs()).toEqual([1, 1]);
    expect(cluster.api.writes.filter(({ verb }) => verb === 'create').length).toBeGreaterThan(0);
    expect(warnings()).toEqual([]);
  });
});

describe('a replica', () => {
  const KINDS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;

  test('is ready once the API server trusts it, and stays so', async () => {
    const configurations = KINDS.map((kind) => cluster.api.find(kind, OF.instance));
    for (const [index, kind] of KINDS.entries()) {
      const uid = configurations[index]?.metadata.uid ?? '';
      await cluster.api.delete({ kind, name: OF.instance }, { uid, propagation: 'Background' });
    }
    const replica = await start();
    expect(replica.keeper.untrusted()).toBe('there is no webhook configuration "mine" yet');
    await cluster.change((api) => {
      for (const one of configurations) if (one !== undefined) api.put(one);
      return Promise.resolve();
    });
    expect(replica.keeper.untrusted()).toBe(
      'the CA of our certificate is not in all of MutatingWebhookConfiguration "mine", ' +
        'ValidatingWebhookConfiguration "mine" yet',
    );
    while (replica.keeper.untrusted() !== undefined) await clock.advance(100);
    const taken = { op: 'remove', path: '/webhooks/0/clientConfig/caBundle' };
    await cluster.change((api) =>
      api.patch({ kind: KINDS[0], name: OF.instance }, { type: 'json', body: [taken] }),
    );
    expect(trustedCAs()).toEqual([0, 1]);
    expect(replica.keeper.untrusted()).toBeUndefined();
    await clock.advance(1_000);
    expect(trustedCAs()).toEqual([1, 1]);
  });
});

const secretRef = { kind: 'Secret', namespace: OF.namespace, name: OF.name } as const;

/** What makes replicas renew the certificate. */
const causes = {
  'it is due': async (api: MemoryApi) => {
    clock.jump(60 * DAY_MS);
    // Anything that happens makes them look.
    const body = { metadata: { annotations: { day: '60' } } };
    await api.patch(
      { kind: 'MutatingWebhookConfiguration', name: OF.instance },
      { type: 'merge', body },
    );
  },
  'somebody has deleted the Secret': async (api: MemoryApi) => {
    const uid = cluster.secret?.metadata.uid ?? '';
    await api.delete(secretRef, { uid, propagation: 'Background' });
  },
  'somebody has emptied the Secret': async (api: MemoryApi) => {
    await api.patch(secretRef, { type: 'merge', body: { data: null } });
  },
};

describe('no handshake fails while a certificate is renewed', () => {
  test.each(Object.entries(causes))('because %s', async (_, cause) => {
    await comeUp(2);
    const first = inUse();
    await live(SETTLE_MS, 10_000);
    await cluster.change(cause);
    await until(() => inUse() !== first && isServed());
    expect(trustedCAs()).toEqual([2, 2]);
    await live(RETIRE_MS + 60_000, 600_000);
    expect(trustedCAs()).toEqual([1, 1]);
    expect(warnings()).toEqual([]);
  });

  test('and one replica hears of everything minutes late', async () => {
    await comeUp(1);
    await start({ lagMs: 180_000 });
    const first = inUse();
    await live(SETTLE_MS, 10_000);
    await cluster.change(causes['it is due']);
    await until(() => inUse() !== first && isServed(), 15_000);
    await until(() => trustedCAs().join() === '1,1', 300_000);
  });

  test.each([0, 1, 2, 3, 4, 5])(
    'and who renews it is killed after %i of its writes, and another one starts',
    async (writes) => {
      await comeUp(1);
      const first = inUse();
      await replicas.pop()?.kill();

      clock.jump(60 * DAY_MS);
      const doomed = await start({ writes });
      // Its last writes are an hour after the others.
      await until(() => doomed.isKilled, writes < 4 ? 5_000 : 300_000);
      replicas = [];
      await start();
      await until(() => inUse() !== first && isServed());
      await live(RETIRE_MS + 60_000, 600_000);
      expect(trustedCAs()).toEqual([1, 1]);
      expect(warnings()).toEqual([]);
    },
  );
});
