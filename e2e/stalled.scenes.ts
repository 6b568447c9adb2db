import { expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FluentPVCSpec } from '../src/api/fluentpvc.ts';
import type { Volume } from '../src/api/pod.ts';
import { container, drainedBy } from '../test/support/manifests.ts';
import { busyboxImages } from './cluster/busybox.ts';
import { readEnvironment } from './cluster/environment.ts';
import { COPY, drainedLines, ONE_LINE } from './lines.ts';
import { awaiting, give, openScene, type Scene } from './scene.ts';
import { conditionOf } from './seen.ts';
import { PATIENCE_MS, type Stage } from './stage.ts';

/*
 * Drains that do not get under way: what an app that was uninstalled took along is missing. A Job
 * without a running Pod is shown after two minutes.
 */

type Template = FluentPVCSpec['pvcFinalizerJobSpecTemplate'];

/** The template of a Job that copies, with something that may be missing. */
function copying(pod: object = {}, drain: object = {}): Template {
  const template = drainedBy({ ...container('drain', COPY), ...drain });
  Object.assign(template.template.spec, pod);
  return template;
}

const volumes = [{ name: 'login', secret: { secretName: 'uninstalled' } } as Volume];
const volumeMounts = [{ name: 'login', mountPath: '/login' }];

/** What may be missing: what is said of it, and how it comes back. */
const CASES: Record<
  string,
  { job: Template; says: string; bring: (scene: Scene) => Promise<unknown> }
> = {
  secret: {
    job: copying({ volumes }, { volumeMounts }),
    says: 'secret "uninstalled" not found',
    bring: ({ kubectl }) => kubectl('create', 'secret', 'generic', 'uninstalled'),
  },
  serviceaccount: {
    job: copying({ serviceAccountName: 'uninstalled' }),
    says: 'serviceaccount "uninstalled" not found',
    bring: ({ kubectl }) => kubectl('create', 'serviceaccount', 'uninstalled'),
  },
  image: {
    job: copying({}, { image: 'uninstalled:1' }),
    says: 'uninstalled:1',
    bring: pushUninstalled,
  },
};

async function pushUninstalled({ cluster }: Scene): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fluent-pvc-busybox-'));
  try {
    const [image] = await busyboxImages(readEnvironment(), folder);
    if (image === undefined) throw new Error('there is no image');
    await cluster.pushImages([{ ...image, name: 'uninstalled:1' }]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Tests on a stage that is open when they run. */
export function stalledDrains(stage: () => Stage): void {
  test.concurrent.each(Object.entries(CASES))(
    'a drain that lacks its %s says so, and goes on when that is there',
    async (what, { job, says, bring }) => {
      const scene = await openScene(stage(), what, {
        script: ONE_LINE,
        pvcFinalizerJobSpecTemplate: job,
      });
      const { message } = await conditionOf(scene, scene.claim, 'DrainStalled');
      expect(message).toContain(says);
      await bring(scene);
      expect(await drainedLines(scene, scene.claim)).toEqual(['line 1']);
    },
    // A kubelet that has missed an image for long asks for it every five minutes.
    2 * PATIENCE_MS,
  );

  test.concurrent('a drain that a quota refuses says so, and goes on when it may', async () => {
    const script = `${awaiting('quota')}; ${ONE_LINE}`;
    const scene = await openScene(stage(), 'quota', { script });
    await scene.kubectl('create', 'quota', 'none', '--hard=count/jobs.batch=0');
    await give(scene, 'quota');
    const { reason, message } = await conditionOf(scene, scene.claim, 'DrainStalled');
    expect(reason).toBe('FinalizerJobRefused');
    expect(message).toContain('exceeded quota: none');
    await scene.kubectl('delete', 'quota', 'none');
    expect(await drainedLines(scene, scene.claim)).toEqual(['line 1']);
  });
}
