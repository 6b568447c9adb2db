import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jobOutcome } from '../src/api/job.ts';
import { labels } from '../src/api/names.ts';
import { hasEnded } from '../src/api/pod.ts';
import { eventually } from '../test/support/eventually.ts';
import { shared } from '../test/support/shared.ts';
import { copyingFluentPVC, scriptPod } from './lines.ts';
import type { Observer } from './observer.ts';
import { openWatchedStage, type Stage } from './stage.ts';

/*
 * Many Pods that live for a second, at once. Each has a line of its own every tenth of a second, and
 * counts those that its file system has taken; some of the Pods are deleted while they run, some when
 * they have ended, some stay.
 */

/** How many; the node takes 250 Pods at a time, the others wait for it. */
const SIZE = Number(process.env.BURST_PODS ?? '10');
/** On 2 cores with other work a Pod and its Job take 2 to 3 s. */
const PATIENCE_MS = 180_000 + SIZE * 10_000;
/** Requests for Pods that are on their way at a time. */
const AT_ONCE = 10;

let stage: Stage;
let observer: Observer;

shared(async (parts) => {
  ({ stage, observer } = await openWatchedStage('e2e-burst', parts));
});

/** Ten lines; each is counted when it is on the disk. */
const WRITER =
  'for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i >>/buffer/log; sync -d /buffer/log; ' +
  'echo $i >/tmp/drained/.$HOSTNAME; sleep 0.1; done';

/** The file is there even if the Pod has not come to write. */
const COPY = 'cat /buffer/log >"/tmp/drained/${HOSTNAME%-*}" 2>/dev/null; sync';

function sizeOf(cache: Observer['bindings'] | Observer['claims']): number {
  return [...cache.values()].length;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Asks for the Pods, and by a third of the names has those deleted that run, or have ended. */
async function burst(names: readonly string[]): Promise<void> {
  const { client } = stage;
  const gone = new Set<string>();
  observer.pods.onChange(({ type, object }) => {
    const { name, uid, namespace } = object.metadata;
    const third = Number(name.split('-')[1]) % 3;
    const due =
      (third === 1 && object.status?.phase === 'Running') || (third === 2 && hasEnded(object));
    if (type !== 'set' || !name.startsWith('burst-') || !due || gone.has(uid)) return;
    gone.add(uid);
    void client.delete({ kind: 'Pod', namespace, name }, { uid, propagation: 'Background' });
  });
  const left = [...names];
  const ask = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      await client.create(scriptPod(stage, name, 'burst', WRITER));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
}

async function numberIn(file: string): Promise<number> {
  return Number(await readFile(join(stage.drained, file), 'utf8').catch(() => '0'));
}

test(
  `${SIZE} Pods that live for a second are drained, every one`,
  async () => {
    await stage.kubectl.feed('apply', copyingFluentPVC('burst', { drain: COPY }));
    /** By Pod: its claim. */
    const claims = new Map<string, string>();
    observer.pods.onChange(({ object: { metadata } }) => {
      const claim = metadata.labels?.[labels.binding];
      if (claim !== undefined) claims.set(metadata.name, claim);
    });
    const succeeded = new Set<string>();
    observer.jobs.onChange(({ object }) => {
      if (jobOutcome(object)?.succeeded === true) succeeded.add(object.metadata.name);
    });

    const startedAt = performance.now();
    const names = Array.from({ length: SIZE }, (_, index) => `burst-${index}`);
    await burst(names);
    const created = seconds(startedAt);
    await observer.until({
      what: 'all bindings to end',
      probe: () => (succeeded.size === SIZE && sizeOf(observer.bindings) === 0 ? true : undefined),
      otherwise: () =>
        `${claims.size} Pods were seen, ${succeeded.size} Jobs have succeeded, ${sizeOf(observer.bindings)} bindings are left`,
      timeout: PATIENCE_MS,
    });
    const drained = seconds(startedAt);
    expect(succeeded).toEqual(new Set(claims.values()));

    await stage.kubectl('delete', 'pods', '--all');
    await eventually('all claims to go', () => sizeOf(observer.claims) === 0, PATIENCE_MS);
    process.stderr.write(
      `burst of ${SIZE}: created in ${created}, drained in ${drained}, no claim after ${seconds(startedAt)}\n`,
    );

    for (const [pod, claim] of claims) {
      const received = await readFile(join(stage.drained, claim), 'utf8');
      const lines = received.trim() === '' ? [] : received.trim().split('\n');
      expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
      // One may be on the disk and not counted yet.
      const counted = await numberIn(`.${pod}`);
      expect([counted, counted + 1]).toContain(lines.length);
    }
  },
  2 * PATIENCE_MS,
);
