import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperator, type OperatorProcess } from '../../e2e/operator.ts';
import { systemClock } from '../../src/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { connect } from '../../src/kube/connection.ts';
import { localAddress } from '../../src/kube/local-address.ts';
import { eventually } from '../support/eventually.ts';
import { createGate, type Gate, type Strike } from './gate.ts';
import { openProxy } from './proxy.ts';
import { pointOf } from './write-points.ts';

/** An operator that is killed at chosen writes, and started again as it was. */
export interface Stand {
  readonly gate: Gate;
  /** A file with what all its lives have said. */
  readonly logFile: string;
  /** Starts it and waits until it leads; rejects when it is killed before. */
  start(): Promise<void>;
  /** Asks it to stop, as a user would; rejects when it is killed before. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, at no point in particular. */
  kill(): Promise<void>;
  /** Arms a strike, after which the operator is started again. */
  crashAt(strike: Strike): Crashing;
}

/** A strike that falls, or does not. */
export interface Crashing {
  readonly hasFallen: boolean;
  /**
   * Resolves when the operator leads again, with the time of its start in ms of `performance.now()`;
   * rejects when it does not, and where the strike does not fall within that time from now.
   */
  survived(fallsWithinMs?: number): Promise<number>;
}

/** How long a strike may be waited for when all else has happened, and a start after it, in ms. */
const FALLS_MS = 15_000;
const STARTS_MS = 60_000;

/**
 * Its parts are left in `parts`, the operator's process included. Nothing is started yet. That they can be
 * closed says that every write of the operator is at a point of the table.
 */
export async function openStand(
  {
    kubeconfig,
    client,
    args = [],
  }: {
    kubeconfig: string;
    client: KubeClient;
    /** Further flags of the operator. */
    args?: readonly string[];
  },
  parts: AsyncDisposableStack,
): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'crash-'));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const target = await connect({ kubeconfig, clock: systemClock });
  parts.defer(() => target.close());
  // The address from which it reaches the proxy says nothing of how the API server reaches it.
  const host = await localAddress(target.server, AbortSignal.timeout(10_000));

  let pid: number | undefined;
  let running: Promise<OperatorProcess | undefined> = Promise.resolve(undefined);
  const kill = async (): Promise<void> => {
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    pid = undefined;
    // One that is killed at its start never becomes an operator.
    const operator = await running.catch(() => undefined);
    await operator?.ended;
  };
  const gate = createGate(kill);
  // All that it wrote is in the table; throws for a write that is not.
  parts.defer(() => {
    gate.written.forEach(pointOf);
  });
  const proxy = await openProxy({ target, gate });
  parts.defer(() => proxy.close());

  const logFile = join(folder, 'operator.log');
  const start = async (): Promise<void> => {
    const file = join(folder, `life-${gate.life}.kubeconfig`);
    await writeFile(file, kubeconfigOf(proxy.urlFor(gate.life)));
    running = startOperator({
      kubeconfig: file,
      client,
      logFile,
      args: [`--webhook-host=${host}`, ...args],
      onSpawn: (number) => {
        pid = number;
        return Promise.resolve();
      },
    });
    await running;
  };
  const stop = async (): Promise<void> => {
    const operator = await running;
    await operator?.stop();
    pid = undefined;
  };
  parts.defer(kill);

  const startAgain = async (): Promise<void> => {
    const { life } = gate;
    try {
      await start();
    } catch (thrown) {
      // Killed again while it started: whoever did that starts it again.
      if (gate.life === life) throw thrown;
    }
  };
  let restarting = Promise.resolve();
  return {
    gate,
    logFile,
    start,
    stop,
    kill,
    crashAt(strike) {
      let restartedAt: number | undefined;
      const again = gate.arm(strike).then(() => {
        restartedAt = performance.now();
        restarting = restarting.then(() => startAgain());
        return restarting;
      });
      let isOver = false;
      again.then(
        () => (isOver = true),
        () => undefined,
      );
      return {
        get hasFallen() {
          return restartedAt !== undefined;
        },
        async survived(fallsWithinMs = FALLS_MS) {
          await eventually(
            'the operator to be killed',
            () => restartedAt !== undefined,
            fallsWithinMs,
          );
          await Promise.race([again, eventually('its start', () => isOver, STARTS_MS)]);
          return restartedAt ?? NaN;
        },
      };
    },
  };
}

/** Without credentials: the proxy has them. client-node takes plain HTTP only where told so. */
function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'crash',
    contexts: [{ name: 'crash', context: { cluster: 'crash', user: 'crash' } }],
    clusters: [{ name: 'crash', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'crash', user: {} }],
  });
}
