import { describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { openApi, OPERATOR_FLAGS, startOperator, type Api, type Operator } from './harness.ts';
import { START_MS } from './replica.ts';

const WEBHOOKS = 'mutatingwebhookconfigurations,validatingwebhookconfigurations';
const KINDS = `${WEBHOOKS},validatingadmissionpolicies,validatingadmissionpolicybindings`;
/** Two webhook configurations, four policies with a binding each. */
const REGISTERED = 10;
const LEASE = ['lease', 'fluent-pvc-operator', '-o', 'yaml'] as const;
const root = join(import.meta.dirname, '../..');

let api: Api;
let operator: Operator | undefined;
/** Ended after each test, whatever it came to: one that leads would be in the way of the next. */
const children: ChildProcess[] = [];

shared(
  async (parts) => {
    api = await openApi(parts);
    parts.defer(async () => {
      await api.kubectl('delete', KINDS, '--all');
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

function configurations(): Promise<string> {
  return api.kubectl('get', KINDS, '-o', 'name');
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
    expect((await configurations()).trim().split('\n')).toHaveLength(REGISTERED);
    await operator.stop();
    expect(await configurations()).toBe('');
    expect(
      await api.kubectl('get', 'crd', 'fluentpvcs.fluent-pvc-operator.tech.zozo.com', '-o', 'name'),
    ).toContain('fluentpvcs');
  });

  test('exits with 0 on SIGTERM', async () => {
    const process = program();
    const registered = async (): Promise<boolean> => (await configurations()) !== '';
    await eventually('the webhook configurations', registered, START_MS);
    process.kill('SIGTERM');
    expect(await process.code).toBe(0);
    expect(await process.stderr).toBe('');
    expect(await configurations()).toBe('');
  }, 120_000);

  test('replaces what a killed run left', async () => {
    const killed = program();
    const leads = async (): Promise<boolean> =>
      // Who gave it back has left it empty.
      /holderIdentity: [^"\s]/.test(await api.kubectl('get', '-n', 'kube-system', ...LEASE));
    await eventually('the killed run to lead', leads, START_MS);
    const bundled = async (): Promise<string | undefined> => (await caBundle()) || undefined;
    const before = await eventually('the CA of the killed run', bundled, START_MS);
    killed.kill('SIGKILL');
    await killed.code;
    operator = await startOperator(api);
    await eventually('another CA', async () => (await caBundle()) !== before);
  }, 120_000);

  async function caBundle(): Promise<string> {
    return api.kubectl(
      'get',
      'mutatingwebhookconfigurations',
      '-o',
      'jsonpath={.items[0].webhooks[0].clientConfig.caBundle}',
    );
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
    expect((await configurations()).trim().split('\n')).toHaveLength(REGISTERED);
  });

  test('when it has webhook configurations of another name, unless --force', async () => {
    await api.kubectl.feed('create', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'fluent-pvc-operator-mutating-webhook-configuration' },
      webhooks: [
        {
          name: 'pod-mutation-webhook.fluent-pvc-operator.tech.zozo.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          rules: [],
        },
      ],
    });
    const refused = program();
    expect(await refused.code).toBe(1);
    expect(await refused.stderr).toContain(
      'MutatingWebhookConfiguration "fluent-pvc-operator-mutating-webhook-configuration"; uninstall it first',
    );
    operator = await startOperator(api, ['--force']);
    await api.kubectl(
      'delete',
      WEBHOOKS,
      'fluent-pvc-operator-mutating-webhook-configuration',
      '--ignore-not-found',
    );
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
