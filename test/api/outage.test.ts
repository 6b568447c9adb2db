import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../e2e/cluster/free-ports.ts';
import { run } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { COMMANDS, readConfig, type Command } from '../../src/config.ts';
import { applyCRDs } from '../../src/kube/registrar.ts';
import { silentLog } from '../../src/log.ts';
import { eventually } from '../support/eventually.ts';
import { startForwarder, type Forwarder } from '../support/forwarder.ts';
import { shared } from '../support/shared.ts';
import { openApi } from './harness.ts';
import { probe } from './probing.ts';

/*
 * The operator's three commands, and an API server that is away: what kubelet is told meanwhile.
 */

/** Where each command answers probes. */
const ports = new Map<Command, number>();
let forwarder: Forwarder;
const ALL_WELL = '[+]original\n[+]take-over\n[+]caches\n[+]watches\n[+]api-server\n';

/** A kubeconfig of the same cluster, through the forwarder. */
async function throughForwarder(kubeconfig: string, folder: string): Promise<string> {
  const text = (await readFile(kubeconfig, 'utf8')).replace(/^#.*\n/, '');
  const config = JSON.parse(text) as { clusters: { cluster: Record<string, string> }[] };
  const cluster = config.clusters[0]?.cluster ?? {};
  const { hostname, port } = new URL(cluster.server ?? '');
  forwarder = await startForwarder({ host: hostname, port: Number(port) });
  cluster.server = `https://127.0.0.1:${forwarder.port}`;
  cluster['tls-server-name'] = 'kubernetes.default.svc';
  const file = join(folder, 'kubeconfig');
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

shared(async (parts) => {
  const api = await openApi(parts);
  const { signal } = new AbortController();
  await applyCRDs({ client: api.client, clock: systemClock, log: silentLog, signal });
  const folder = await mkdtemp(join(tmpdir(), 'outage-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const kubeconfig = await throughForwarder(api.kubeconfig, folder);
  parts.defer(() => forwarder.close());
  forwarder.refuse();
  const stop = new AbortController();
  const free = await freePorts('127.0.0.1', COMMANDS.length);
  for (const [index, command] of COMMANDS.entries()) {
    const port = free[index] ?? 0;
    ports.set(command, port);
    const flags = ['--bind-address=127.0.0.1', '--webhook-port=0', `--metrics-port=${port}`];
    const own = [`--kubeconfig=${kubeconfig}`, `--instance=outage-${command}`];
    const invocation = readConfig('0.0.0-test', [command, ...flags, ...own], {});
    if (!('config' in invocation)) throw new Error('runs no operator');
    const running = run(
      invocation.config,
      { clock: systemClock, log: silentLog, version: '0.0.0-test' },
      stop.signal,
    );
    running.catch(() => undefined);
    parts.defer(async () => {
      forwarder.forward();
      stop.abort();
      await running;
    });
  }
});

const ask = (command: Command, path: string) => probe(ports.get(command) ?? 0, path);
const becomes = (command: Command, code: number, saying = /^/) =>
  eventually(
    `${command} to answer ${code}`,
    async () => {
      const ready = await ask(command, '/readyz');
      if (ready.code !== code || !saying.test(ready.text)) throw new Error(ready.text);
      return ready.text;
    },
    45_000,
  );

test('an API server that is away at their start is waited for', async () => {
  for (const command of COMMANDS) {
    const said = await becomes(command, 503, /no answer/);
    expect(said).toMatch(/^\[-\]start: GET \/version: no answer from the API server/);
    expect(await ask(command, '/livez')).toEqual({ code: 200, text: '' });
  }
  forwarder.forward();
  for (const command of COMMANDS) await becomes(command, 200);
});

const outages: Record<string, { begin: () => void; said: RegExp }> = {
  'refuses connections': {
    begin: () => {
      forwarder.refuse();
    },
    said: /^\[-\](watches: .+ cannot be listed or watched|api-server: no answer to the Lease) for 1\d s/m,
  },
  'does not answer': {
    begin: () => {
      forwarder.swallow();
    },
    said: /^\[-\]api-server: no answer to the Lease for 1\d s$/m,
  },
};

describe('an API server that', () => {
  // Also where the test before is left out.
  beforeAll(() => {
    forwarder.forward();
  });

  test.each(Object.entries(outages))(
    '%s makes controllers not ready, and neither ends them nor touches the webhook',
    async (_, { begin, said }) => {
      for (const command of COMMANDS) await becomes(command, 200);
      begin();
      // Who was just about to lead says another reason first: it cannot look for the original operator.
      expect(await becomes('controllers', 503, said)).toMatch(said);
      for (const command of COMMANDS) {
        expect(await ask(command, '/livez')).toEqual({ code: 200, text: '[+]watches\n' });
      }
      for (const command of ['webhook', 'all'] as const) {
        expect(await ask(command, '/readyz')).toEqual({ code: 200, text: '[+]caches\n' });
      }
      forwarder.forward();
      expect(await becomes('controllers', 200)).toBe(ALL_WELL);
    },
  );
});

test('the metrics tell how watches are', async () => {
  const { text } = await ask('controllers', '/metrics');
  expect(text).toMatch(/^fluent_pvc_watch_silence_seconds\{watch="bindings"\} \d/m);
  expect(text).toMatch(/^fluent_pvc_watch_reconnects_total\{watch="pods",reason="cut"\} \d+$/m);
});
