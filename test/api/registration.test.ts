import { describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ObjectRef } from '../../src/api/resources.ts';
import type { Lease } from '../../src/kube/lease.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { openApi, OPERATOR_FLAGS, startOperator, type Api, type Operator } from './harness.ts';
import { START_MS } from './replica.ts';
import { remove } from './requests.ts';

const KINDS = [
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
] as const;
/** Two webhook configurations, four policies with a binding each. */
const REGISTERED = 10;
const LEASE: ObjectRef = {
  kind: 'Lease',
  namespace: 'kube-system',
  name: 'fluent-pvc-operator',
};
const root = join(import.meta.dirname, '../..');

let api: Api;
let operator: Operator | undefined;
/** Ended after each test, whatever it came to: one that leads would be in the way of the next. */
const children: ChildProcess[] = [];

shared(
  async (parts) => {
    api = await openApi(parts);
    parts.defer(async () => {
      for (const ref of await configurations()) await remove(api, ref);
    });
  },
  async () => {
    await operator?.stop().catch(() => undefined);
    operator = undefined;
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  },
);

async function configurations(): Promise<ObjectRef[]> {
  const lists = KINDS.map(async (kind) => {
    const { items } = await api.client.list(kind, {});
    return items.map(({ metadata: { name } }) => ({ kind, name }));
  });
  return (await Promise.all(lists)).flat();
}

/** The program as a process of its own. */
function program(...flags: string[]): {
  stderr: Promise<string>;
  code: Promise<number | null>;
  kill: (signal: 'SIGKILL' | 'SIGTERM') => void;
} {
  const child = spawn(
    join(root, 'node_modules/.bin/node'),
    [join(root, 'src/main.ts'), ...OPERATOR_FLAGS, `--kubeconfig=${api.kubeconfig}`, ...flags],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  children.push(child);
  return {
    stderr: child.stderr.setEncoding('utf8').reduce((all: string, part: string) => all + part, ''),
    code: once(child, 'close').then(([code]) => code as number | null),
    kill: (signal) => child.kill(signal),
  };
}

describe('a registered operator', () => {
  test('takes webhook configurations and policies away at the end and leaves the CRDs', async () => {
    operator = await startOperator(api);
    expect(await configurations()).toHaveLength(REGISTERED);
    await operator.stop();
    expect(await configurations()).toEqual([]);
    const name = 'fluentpvcs.fluent-pvc-operator.tech.zozo.com';
    expect(await api.client.get({ kind: 'CustomResourceDefinition', name })).toBeDefined();
  });

  test('exits with 0 on SIGTERM', async () => {
    const process = program();
    const registered = async (): Promise<boolean> => (await configurations()).length > 0;
    await eventually('the webhook configurations', registered, START_MS);
    process.kill('SIGTERM');
    expect(await process.code).toBe(0);
    expect(await process.stderr).toBe('');
    expect(await configurations()).toEqual([]);
  }, 120_000);

  test('replaces what a killed run left', async () => {
    const killed = program();
    // Who gave it back has left it empty.
    const leads = async (): Promise<boolean> =>
      Boolean((await api.client.get<Lease>(LEASE))?.spec.holderIdentity);
    await eventually('the killed run to lead', leads, START_MS);
    const before = await eventually('the CA of the killed run', caBundle, START_MS);
    killed.kill('SIGKILL');
    await killed.code;
    operator = await startOperator(api);
    await eventually('another CA', async () => (await caBundle()) !== before);
  }, 120_000);

  async function caBundle(): Promise<string | undefined> {
    const { items } = await api.client.list(KINDS[0], {});
    const [configuration] = items as { webhooks?: { clientConfig: { caBundle?: string } }[] }[];
    return configuration?.webhooks?.[0]?.clientConfig.caBundle;
  }
});

describe('a cluster where another installation is active is refused', () => {
  test('while another process of the same instance leads', async () => {
    operator = await startOperator(api);
    const second = program();
    expect(await second.code).toBe(1);
    const said = await second.stderr;
    expect(said.trim().split('\n')).toHaveLength(1);
    expect(said).toContain('another installation is active in the cluster');
    expect(said).toContain('holds the Lease "kube-system/fluent-pvc-operator"');
    expect(said).toContain('(OtherInstallation)');
    expect(await configurations()).toHaveLength(REGISTERED);
  });

  test('when it has webhook configurations of another name, unless --force', async () => {
    const ref = {
      kind: 'MutatingWebhookConfiguration',
      name: 'fluent-pvc-operator-mutating-webhook-configuration',
    } as const;
    const foreign = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: ref.kind,
      metadata: { name: ref.name },
      webhooks: [
        {
          name: 'pod-mutation-webhook.fluent-pvc-operator.tech.zozo.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          rules: [],
        },
      ],
    };
    await api.client.create(foreign);
    const refused = program();
    expect(await refused.code).toBe(1);
    expect(await refused.stderr).toContain(
      'MutatingWebhookConfiguration "fluent-pvc-operator-mutating-webhook-configuration"; uninstall it first',
    );
    operator = await startOperator(api, ['--force']);
    await remove(api, ref);
  });
});

describe('one line and exit code 1 for', () => {
  test('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const process = program(`--webhook-port=${port}`);
    expect(await process.code).toBe(1);
    expect(await process.stderr).toBe(
      `fluent-pvc-operator: cannot listen on 127.0.0.1:${port}: another program does; ` +
        `end it or choose another --webhook-port (PortInUse)\n`,
    );
    server.close();
  });

  test('a kubeconfig that is not there', async () => {
    const process = program('--kubeconfig=/nonexistent');
    expect(await process.code).toBe(1);
    expect(await process.stderr).toBe(
      'fluent-pvc-operator: cannot use kubeconfig /nonexistent: there is no such file (KubeconfigInvalid)\n',
    );
  });

  test('a certificate folder without a certificate', async () => {
    const process = program('--cert-dir=/nonexistent');
    expect(await process.code).toBe(1);
    expect((await process.stderr).trim().split('\n')).toEqual([
      expect.stringContaining('cannot read the certificate'),
    ]);
  });
});
