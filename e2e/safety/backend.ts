import { setTimeout as sleep } from 'node:timers/promises';
import { backendIs, podsOf } from '../demo/cycle.ts';
import { containersOf, signalAll, standStill } from './node.ts';
import type { SafetyStage } from './stage.ts';

/** It stands still longer than it serves: requests take seconds, and some are given up. */
const STANDS_MS = 3_000;
const SERVES_MS = 500;

/** Takes the backend away, and returns when it is gone. */
export async function takeBackendAway(stage: SafetyStage): Promise<void> {
  await scale(stage, 0);
  await backendIs(stage.observer, castOf(stage), 'gone');
}

/** Brings it back, and returns when it is ready. */
export async function bringBackendBack(stage: SafetyStage): Promise<void> {
  await scale(stage, 1);
  await backendReady(stage);
}

/** Waits until the backend takes requests. */
export async function backendReady(stage: SafetyStage): Promise<void> {
  await backendIs(stage.observer, castOf(stage), 'Ready');
}

/**
 * Lets all processes of the backend stand still again and again, once at least, until `over`; says so
 * whenever one that served stands.
 */
export async function slowBackendDown(
  stage: SafetyStage,
  over: Promise<void>,
  onStanding: () => void,
): Promise<void> {
  let isOver = false;
  void over.then(() => (isOver = true));
  const isSlow = (): boolean => !isOver;
  do {
    const pods = podsOf(stage.observer, stage.example.backend.name).map(
      ({ metadata }) => metadata.uid,
    );
    const containers = await Promise.all(pods.map((uid) => containersOf(stage.cluster, uid)));
    const stopped = containers.flat();
    try {
      const stands = await Promise.all(stopped.map(standStill));
      if (stands.includes(true)) onStanding();
      await sleep(STANDS_MS);
    } finally {
      stopped.forEach((container) => {
        signalAll(container, 'SIGCONT');
      });
    }
    await sleep(SERVES_MS);
  } while (isSlow());
}

async function scale({ kubectl, example: { backend } }: SafetyStage, to: number): Promise<void> {
  const { namespace, name } = backend;
  await kubectl('scale', '-n', namespace, 'deployment', name, `--replicas=${to}`);
}

function castOf({ example }: SafetyStage): { readonly backendName: string } {
  return { backendName: example.backend.name };
}
