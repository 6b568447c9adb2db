import { once } from 'node:events';
import { link, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createRootfs, findStaticBusybox } from '../cluster/busybox.ts';
import { tryCommand } from '../cluster/commands.ts';
import { systemPath } from '../cluster/system-path.ts';
import { collectorFolder } from './objects.ts';

/*
 * drain.sh on this machine, in the shell of its image, with folders of its own, a clock that only its
 * waiting moves, and a server that speaks as the collector's health check, its metrics and Loki do.
 */

/** What the script finds. */
export interface Found {
  /** Files of the volume by their path in it. */
  readonly files?: Readonly<Record<string, string>>;
  /** Further names of files: `symbolic` or `hard` links, as name and what it is a name of. */
  readonly links?: Readonly<Record<string, readonly ['symbolic' | 'hard', string]>>;
  /** Had the sidecar a queue? */
  readonly queue?: boolean;
  /** `{component} {metric}`, without what all of their names begin with; the usual ones when absent. */
  readonly metrics?: (
    usual: Metrics,
    look: number,
  ) => Metrics | 'hangs' | 'breaks off' | 'ends early';
  /** How often the collector has been started by that look at it; once when absent. */
  readonly starts?: (look: number) => number;
  /** `COUNT SUM` that Loki has of a file; nothing of others. `silent`: it does not answer for a minute. */
  readonly loki?: Readonly<Record<string, string>> | 'silent';
}

export type Metrics = Readonly<Record<string, number>>;

/** How it ended. */
export interface Ended {
  readonly code: number;
  /** Last line of its termination message, or of what it printed. */
  readonly said: string;
  /** Files that the collector was given to be sent again. */
  readonly again: readonly string[];
}

/** Runs scripts; what it makes is below one folder, that of its `folder`. */
export interface ScriptStage {
  readonly folder: string;
  drain(found: Found): Promise<Ended>;
}

/**
 * `sleep` moves the clock and takes no time; `timeout` gives up after a second of ours, which moves the
 * clock by what it was asked for.
 */
const PROLOGUE = `
PATH=$APPLETS
date() { cat "$CLOCK"; }
sleep() { echo $(($(date) + $1)) >"$CLOCK"; }
timeout() {
  limit=$1 && shift
  busybox timeout 1 "$@" && return
  code=$?
  [ $code != 143 ] || sleep "$limit"
  return $code
}
. "$0"
`;

/** What the receiver of all files has accepted, of queue and exporters: as when all is well. */
function usualMetrics(again: number): Metrics {
  return {
    'otlp_http exporter_queue_size': 0,
    'file_log receiver_accepted_log_records_total': 0,
    'file_log/again receiver_accepted_log_records_total': again,
  };
}

/** Makes the shell; a UserError says what this machine lacks. */
export async function openScriptStage(): Promise<ScriptStage> {
  const folder = await mkdtemp(join(tmpdir(), 'fluent-pvc-drain-'));
  const busybox = await findStaticBusybox(systemPath());
  await createRootfs(busybox, join(folder, 'image'));
  const applets = join(folder, 'image', 'bin');
  return {
    folder,
    async drain(found) {
      const own = await mkdtemp(join(folder, 'run-'));
      const [buffer, work, clock] = [join(own, 'buffer'), join(own, 'work'), join(own, 'clock')];
      const message = join(own, 'message');
      await writeFile(clock, '1000000\n');
      await layOut(found, { buffer, work });
      const server = await serve(found, { work, clock });
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}`;
      const env = {
        ...{ APPLETS: applets, CLOCK: clock, BUFFER: buffer, WORK: work, MESSAGE: message },
        ...{ HEALTH_URL: `${url}/health`, TELEMETRY_URL: `${url}/metrics`, LOKI_URL: url },
        PATIENCE: '30',
      };
      const script = join(collectorFolder, 'drain.sh');
      const args = ['sh', '-c', PROLOGUE, script];
      const { code, stdout, stderr } = await tryCommand(busybox, args, { env });
      server.closeAllConnections();
      server.close();
      const last = await readFile(message, 'utf8').catch(() => stdout);
      const said = (stderr === '' ? last : stderr).trim().split('\n').at(-1) ?? '';
      return { code, said: said.replaceAll(`${own}/`, ''), again: await linkedIn(work) };
    },
  };
}

async function layOut(
  { files = {}, links = {}, queue = false }: Found,
  { buffer, work }: { buffer: string; work: string },
): Promise<void> {
  await mkdir(buffer);
  await mkdir(join(work, 'again'), { recursive: true });
  if (queue) await mkdir(join(work, 'queue'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(buffer, path)), { recursive: true });
    await writeFile(join(buffer, path), text);
  }
  for (const [path, [kind, of]] of Object.entries(links)) {
    if (kind === 'hard') await link(join(buffer, of), join(buffer, path));
    else await symlink(of, join(buffer, path));
  }
}

async function serve(
  { metrics = (usual) => usual, starts = () => 1, loki = {} }: Found,
  { work, clock }: { work: string; clock: string },
): Promise<Server> {
  let looks = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
      if (pathname === '/health') return response.end('{}');
      if (pathname === '/metrics') {
        looks += 1;
        const shown = metrics(usualMetrics(await linesIn(work)), looks);
        switch (shown) {
          case 'hangs':
            return undefined;
          case 'breaks off':
            return response.write(START_OF_METRICS);
          case 'ends early':
            return response.end(START_OF_METRICS);
          default:
            return response.end(exposition(shown));
        }
      }
      if (loki !== 'silent') return response.end(answerOf(loki, searchParams.get('query') ?? ''));
      const now = Number(await readFile(clock, 'utf8'));
      await writeFile(clock, `${now + 60}\n`);
      response.writeHead(504);
      return response.end();
    })();
  });
  server.prependListener('request', () => {
    const ids = Array.from({ length: starts(looks) }, (_, index) => `id-${index}`);
    const log = ids.map(
      (id) => `info\tStarting...\t{"resource": {"service.instance.id": "${id}"}}`,
    );
    void writeFile(join(work, 'collector.log'), log.join('\n'));
  });
  await writeFile(join(work, 'collector.log'), '{"service.instance.id": "id-0"}\n');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Up to what the exporter has not delivered. */
const START_OF_METRICS = exposition({ 'otlp_http exporter_queue_size': 0 }).replace(
  /target_info.*/s,
  '',
);

function exposition(metrics: Metrics): string {
  const lines = Object.entries(metrics).map(([key, value]) => {
    const [component = '', name = ''] = key.split(' ');
    const label = name.startsWith('exporter') ? 'exporter' : 'receiver';
    return `otelcol_${name}{${label}="${component}",otel_scope_version=""} ${value}\n`;
  });
  return `${lines.join('')}target_info{service_name="otelcol-contrib"} 1\n`;
}

function answerOf(held: Readonly<Record<string, string>>, query: string): string {
  const name = /log_file_name="([^"]*)"/.exec(query)?.[1] ?? '';
  const [count, sum] = held[name]?.split(' ') ?? [];
  const value = query.includes('sum_over_time') ? sum : count;
  const result = value === undefined ? '' : `{"metric":{},"value":[1000000.5,"${value}"]}`;
  return `{"status":"success","data":{"resultType":"vector","result":[${result}]}}`;
}

function linkedIn(work: string): Promise<string[]> {
  return readdir(join(work, 'again'));
}

async function linesIn(work: string): Promise<number> {
  const texts = (await linkedIn(work)).map((name) => readFile(join(work, 'again', name), 'utf8'));
  return (await Promise.all(texts)).join('').split('\n').length - 1;
}
