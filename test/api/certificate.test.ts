import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import type { Stored } from '../../src/api/object.ts';
import type { Secret } from '../../src/api/secret.ts';
import { messageOf } from '../../src/errors.ts';
import { readEvents } from '../../src/kube/watch-stream.ts';
import { bundlesOf, certificatesIn, type Configuration } from '../../webhook/ca-bundle.ts';
import { heldIn } from '../../webhook/certificate-secret.ts';
import { freePorts } from '../../e2e/cluster/free-ports.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import type { Line } from '../support/memory-log.ts';
import { shared } from '../support/shared.ts';
import { startProcess } from './as-installed.ts';
import type { Api } from './harness.ts';
import { accountOf, openSelfManaged, RELEASE, type Installation } from './installation.ts';

/* The certificate that replicas of the webhook make and renew themselves, as the chart sets it up. */

const SECRET = `${RELEASE}-webhook-certificate`;
const CONFIGURATIONS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;
/** A renewal waits for half a minute until all API servers trust the new one. */
const RENEWAL_MS = 120_000;

interface Replica {
  port: number;
  metricsPort: number;
}

let on: Installation;
let api: Api;
let balancer: { port: number };
const parts = new AsyncDisposableStack();
const lines: Line[] = [];
/** Those that the API server is led to. */
const replicas: Replica[] = [];

shared(async (opened) => {
  on = await openSelfManaged(opened);
  ({ api } = on);
  opened.defer(() => parts.disposeAsync());
  // What a Service does: each connection to the next replica.
  const server = createServer((client) => {
    const next = replicas.shift();
    if (next === undefined) return client.destroy();
    replicas.push(next);
    const upstream = dial(next.port, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    return undefined;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  parts.defer(() => {
    server.close();
  });
  balancer = { port: (server.address() as AddressInfo).port };
});

async function startReplica(): Promise<Replica> {
  const [port = 0, metricsPort = 0] = await freePorts('127.0.0.1', 2);
  await startProcess(parts, on, lines, 'webhook', [
    `--webhook-port=${port}`,
    `--metrics-port=${metricsPort}`,
    `--cert-secret=${SECRET}`,
    '--webhook-host=127.0.0.1',
    `--validation-namespace=${on.validationNamespace}`,
  ]);
  return { port, metricsPort };
}

async function ready({ metricsPort }: Replica): Promise<true> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/readyz`);
  if (!answer.ok) throw new Error(await answer.text());
  return true;
}

async function secret(): Promise<Stored<Secret> | undefined> {
  return api.client.get<Secret>({ kind: 'Secret', namespace: on.namespace, name: SECRET });
}
async function bundles(): Promise<string[]> {
  const found = CONFIGURATIONS.map((kind) =>
    api.client.get<Configuration>({ kind, name: RELEASE }),
  );
  return (await Promise.all(found))
    .flatMap((one) => (one === undefined ? [] : bundlesOf(one)))
    .map((cas) => cas.join(''));
}

/** All versions of both configurations, from now on. */
function versions(signal: AbortSignal): { seen: Stored<Configuration>[]; follows: Promise<void> } {
  const seen: Stored<Configuration>[] = [];
  const follow = async (kind: (typeof CONFIGURATIONS)[number]): Promise<void> => {
    const { resourceVersion } = await api.client.list(kind, {});
    const query = { watch: 'true', fieldSelector: `metadata.name=${RELEASE}`, resourceVersion };
    const { body } = await api.client.stream(kind, query, signal);
    void (async () => {
      for await (const event of readEvents<Configuration>(body)) {
        if (event.type === 'MODIFIED' || event.type === 'DELETED') seen.push(event.object);
      }
    })().catch(() => undefined);
  };
  return { seen, follows: Promise.all(CONFIGURATIONS.map(follow)).then(() => undefined) };
}

/** Does that again and again in so many ways at once; counts how often, and what went wrong. */
function again(what: () => Promise<unknown>, ways: number): Again {
  const tally: Tally = { done: 0, failures: [] };
  let goesOn = true;
  const loops = Array.from({ length: ways }, async () => {
    while (goesOn) {
      try {
        await what();
        tally.done += 1;
      } catch (error) {
        tally.failures.push(messageOf(error));
      }
      await sleep(20);
    }
  });
  const stop: Again['stop'] = async () => {
    goesOn = false;
    await Promise.all(loops);
    return tally;
  };
  return { tally, stop, [Symbol.asyncDispose]: () => stop().then(() => undefined) };
}
interface Again extends AsyncDisposable {
  /** So far. */
  tally: Readonly<Tally>;
  stop(): Promise<Tally>;
}
interface Tally {
  done: number;
  failures: string[];
}

/** As an API server does that knows the configurations as they are now. */
async function handshakes(): Promise<void> {
  for (const ca of await bundles()) {
    for (const { port } of [...replicas]) {
      const socket = connect({ port, host: '127.0.0.1', ca });
      await once(socket, 'secureConnect');
      socket.destroy();
    }
  }
}

test('replicas that start at once agree on a certificate, and are ready once it is trusted', async () => {
  expect((await secret())?.data).toBeUndefined();
  const started = await Promise.all([startReplica(), startReplica()]);
  for (const replica of started) await eventually('a replica to be ready', () => ready(replica));
  replicas.push(...started);
  const { current, next } = heldIn(await secret());
  expect(next).toBeUndefined();
  const ca = certificatesIn(current?.ca ?? '').join('');
  expect(await bundles()).toEqual([ca, ca]);
  await handshakes();
});

test('no upgrade by Helm leaves a moment without CA', async () => {
  const stop = new AbortController();
  const { seen, follows } = versions(stop.signal);
  await follows;
  const before = await bundles();
  await on.upgrade('--set=webhook.timeoutSeconds=9');
  await eventually('the upgrade', () => seen.length >= CONFIGURATIONS.length);
  await on.upgrade();
  await eventually('the other one', () => seen.length >= 2 * CONFIGURATIONS.length);
  stop.abort();
  expect([...new Set(seen.flatMap(bundlesOf).map((cas) => cas.join('')))]).toEqual([
    ...new Set(before),
  ]);
  expect(await bundles()).toEqual(before);
});

test('a CA that somebody takes away is put back at once', async () => {
  const before = await bundles();
  for (const kind of CONFIGURATIONS) {
    const patch = [{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }];
    await api.client.patch({ kind, name: RELEASE }, { type: 'json', body: patch });
  }
  await eventually('the CA', async () => (await bundles()).join() === before.join());
});

test(
  'while a certificate is renewed, no handshake fails and no Pod is refused',
  async () => {
    // A Service leads nowhere, without a node.
    for (const [kind, path] of [
      [CONFIGURATIONS[0], '/pod/mutate'],
      [CONFIGURATIONS[1], '/fluent-pvc/validate'],
    ] as const) {
      const body = [
        { op: 'remove', path: '/webhooks/0/clientConfig/service' },
        {
          op: 'add',
          path: '/webhooks/0/clientConfig/url',
          value: `https://127.0.0.1:${balancer.port}${path}`,
        },
      ];
      await api.client.patch({ kind, name: RELEASE }, { type: 'json', body });
    }
    await eventually('the webhook', () => api.client.create(fluentPVC('certified')));
    const pod = (): Promise<unknown> =>
      api.client.create(labelledPod(api, 'certified'), { dryRun: true });
    await eventually('a Pod', pod);
    const before = await secret();
    const first = heldIn(before).current;
    // Helm's, as it was installed: an uninstallation takes along what has them.
    const marks = before?.metadata.annotations ?? {};
    expect(marks).toHaveProperty(['meta.helm.sh/release-name'], RELEASE);

    await using pods = again(pod, 4);
    await using opened = again(handshakes, 2);
    await api.kubectl('delete', 'secret', SECRET, `--namespace=${on.namespace}`);
    await eventually('the next certificate', async () => heldIn(await secret()).next);
    const anew = await secret();
    expect(anew?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'Helm' });
    expect(anew?.metadata.annotations).toEqual(marks);
    // Nothing of it is in the way of an upgrade, which wants other labels.
    const { name, namespace, labels } = before?.metadata ?? {};
    const metadata = { name, namespace, annotations: marks };
    const upgraded = { ...labels, 'helm.sh/chart': 'another', team: 'logs' };
    await api.kubectl.feed(
      ...['apply', '--server-side', '--field-manager=helm', '--dry-run=server'],
      `--namespace=${on.namespace}`,
      { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, labels: upgraded } },
    );
    // One that starts just now serves what is trusted.
    const late = await startReplica();
    await eventually('the late replica to be ready', () => ready(late));
    replicas.push(late);
    await eventually(
      'the certificate to be renewed',
      async () => {
        const { current, next } = heldIn(await secret());
        return next === undefined && current !== undefined && current.cert !== first?.cert;
      },
      RENEWAL_MS,
    );
    // Late is who starts last.
    await eventually(
      'all to serve it',
      async () => {
        const { current } = heldIn(await secret());
        return served(current?.cert ?? '');
      },
      RENEWAL_MS,
    );
    await eventually(
      'enough of both',
      () => [pods, opened].every(({ tally }) => tally.done > 100),
      RENEWAL_MS,
    );
    const [created, shaken] = await Promise.all([pods.stop(), opened.stop()]);
    expect([created.failures, shaken.failures]).toEqual([[], []]);
    // The former CA stays, for whoever has not heard of it.
    expect((await bundles()).map((bundle) => certificatesIn(bundle).length)).toEqual([2, 2]);
  },
  2 * RENEWAL_MS,
);

/** Do all replicas serve that certificate? */
async function served(cert: string): Promise<boolean> {
  for (const { port } of [...replicas]) {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { raw } = socket.getPeerCertificate();
    socket.destroy();
    const pem = `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----`;
    if (certificatesIn(pem).join('') !== certificatesIn(cert).join('')) return false;
  }
  return true;
}

test('the webhook makes no other Secret', async () => {
  const as = [`--as=${accountOf(on, 'webhook')}`, `--namespace=${on.namespace}`];
  const create = (name: string, ...flags: string[]): Promise<string> =>
    api.kubectl(...as, 'create', 'secret', 'generic', name, '--dry-run=server', ...flags);
  await eventually('the policy', async () => {
    const said = await create('other').then(String, messageOf);
    return said.includes('the webhook makes no Secret but that of its certificate');
  });
  await expect(create(SECRET, '--type=example.com/other')).rejects.toThrow(
    'the webhook makes no Secret but that of its certificate',
  );
});

test('nothing of it was refused', () => {
  const refused = lines.filter((line) => /cannot \w+ resource/.test(JSON.stringify(line)));
  expect(refused).toEqual([]);
  const troubles = lines.filter(({ level }) => level === 'warn' || level === 'error');
  expect(troubles.filter(({ message }) => message.includes('certificate'))).toEqual([]);
});
