import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../src/errors.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { Lease } from '../src/kube/lease.ts';
import { lastLine } from './cluster/commands.ts';
import { waitUntilReady } from './cluster/readiness.ts';

/** How the operator is to run. */
export interface OperatorRequest {
  readonly kubeconfig: string;
  /** Asks the cluster of `kubeconfig` whether the operator leads. */
  readonly client: Pick<KubeClient, 'get'>;
  /** Its output is appended here. */
  readonly logFile: string;
  /** Further flags, such as `--sidecar-mode=Regular`. */
  readonly args?: readonly string[];
  /** Its whole environment, besides PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the process number as soon as there is one. */
  readonly onSpawn?: (pid: number) => Promise<void>;
  /** Ends the wait for its start. */
  readonly signal?: AbortSignal;
}

/** How a process ended: `code 0`, or `signal SIGKILL`. */
export type ProcessEnd = `code ${number}` | `signal ${string}`;

/** This checkout's operator, out of the cluster, as a process of its own. */
export interface OperatorProcess {
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process is gone, whoever ended it. */
  readonly ended: Promise<ProcessEnd>;
  /** Asks it to stop, as a user would, and waits; an end that is not clean is a UserError. */
  stop(): Promise<void>;
  /** SIGKILL: nothing is tidied up. */
  kill(): Promise<void>;
  /** Lets it outlive this process. */
  release(): void;
}

const checkout = join(import.meta.dirname, '..');
/** Where the operator's Lease is when no flag says otherwise. */
const leaseRef = { kind: 'Lease', namespace: 'kube-system', name: 'fluent-pvc-operator' } as const;
/** A Lease that a killed run left is waited out for 10 s. */
const START_MS = 60_000;
/** It takes its webhook configurations away first. */
const STOP_MS = 30_000;

/** Starts the operator and returns once its webhook is registered and its controllers lead. */
export async function startOperator(request: OperatorRequest): Promise<OperatorProcess> {
  const child = await spawnOperator(request);
  const pid = child.pid ?? 0;
  const ended = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => {
    return (code === null ? `signal ${signal ?? ''}` : `code ${code}`) as ProcessEnd;
  });
  const operator = handleOf(child, ended, request.logFile);
  try {
    await request.onSpawn?.(pid);
    await waitUntilLeading(request, pid, child);
    return operator;
  } catch (thrown) {
    await operator.kill();
    throw thrown;
  }
}

async function spawnOperator(request: OperatorRequest): Promise<ChildProcess> {
  const log = await open(request.logFile, 'a');
  try {
    const args = ['src/main.ts', 'all', '--register', '--kubeconfig', request.kubeconfig];
    // Any free port: several operators may run on this machine, each for its own cluster.
    args.push('--webhook-port=0', '--metrics-port=0', ...(request.args ?? []));
    const child = spawn(process.execPath, args, {
      cwd: checkout,
      // A session of its own: Ctrl-C is for us, and we stop it in our order.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: {
        PATH: process.env.PATH ?? '',
        HOME: process.env.HOME ?? '/',
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
        ...request.env,
      },
    });
    await once(child, 'spawn');
    return child;
  } finally {
    await log.close();
  }
}

/** The Lease names the process that leads, so what a former one left is not mistaken for it. */
async function waitUntilLeading(
  { client, logFile, signal }: OperatorRequest,
  pid: number,
  child: ChildProcess,
): Promise<void> {
  const identity = `${hostname()}_${pid}_`;
  await waitUntilReady({
    what: 'the operator',
    timeout: START_MS,
    signal,
    details: () => endOfLog(logFile),
    probe: async () => {
      if (hasEnded(child)) throw new UserError(`the operator ended${await endOfLog(logFile)}`);
      const lease = await client.get<Lease>(leaseRef, signal === undefined ? {} : { signal });
      const holder = lease?.spec.holderIdentity ?? '';
      return holder.startsWith(identity) ? undefined : `the Lease is held by "${holder}"`;
    },
  });
}

function handleOf(
  child: ChildProcess,
  ended: Promise<ProcessEnd>,
  logFile: string,
): OperatorProcess {
  const end = (signal: 'SIGTERM' | 'SIGKILL'): Promise<ProcessEnd> => {
    if (!hasEnded(child)) child.kill(signal);
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    logFile,
    ended,
    async stop() {
      const late = new AbortController();
      const how = await Promise.race([
        end('SIGTERM'),
        sleep(STOP_MS, 'late' as const, { signal: late.signal }).catch(() => 'late' as const),
      ]);
      late.abort();
      if (how === 'code 0') return;
      if (how === 'late') await end('SIGKILL');
      const what =
        how === 'late' ? `has not ended ${STOP_MS / 1000} s after SIGTERM` : `ended: ${how}`;
      throw new UserError(`the operator ${what}${await endOfLog(logFile)}`);
    },
    async kill() {
      await end('SIGKILL');
    },
    release() {
      child.unref();
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function endOfLog(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return `; the last line of ${logFile}: ${lastLine(text)}`;
}
