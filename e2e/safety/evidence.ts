import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../src/errors.ts';
import type { Account } from './account.ts';
import type { LiveRun } from './field.ts';
import type { RunResult } from './result.ts';
import { RESCUE_NAMESPACE, type Subject } from './sight.ts';
import type { SafetyStage } from './stage.ts';

const KINDS = 'fluentpvcbindings,pods,jobs,persistentvolumeclaims,events';

/**
 * Keeps what is known of a run that failed, before anything of it goes: its plan and its account,
 * objects and logs of its namespace, and all files of its volume that are still there. Returns the
 * folder. What can't be had is named in the file `missing`.
 */
export async function saveEvidence(
  { kubectl, cluster, operator, truth, evidenceFolder, example }: SafetyStage,
  run: {
    readonly live: LiveRun;
    readonly result: RunResult;
    readonly subject: Subject | undefined;
    readonly account: Account | undefined;
  },
): Promise<string> {
  const { live, result, subject, account } = run;
  const folder = join(evidenceFolder, `seed-${live.seed}-run-${live.plan.number}`);
  await mkdir(folder, { recursive: true });
  const missing: string[] = [];
  const keep = async (what: string, get: () => Promise<unknown>): Promise<void> => {
    try {
      const content = await get();
      if (typeof content === 'string') await writeFile(join(folder, what), content);
    } catch (thrown) {
      missing.push(`${what}: ${messageOf(thrown)}`);
    }
  };
  const json = (value: unknown): Promise<string> => Promise.resolve(JSON.stringify(value, null, 2));
  await keep('run.json', () => json({ plan: live.plan, subject, result }));
  await keep('lost', () => Promise.resolve((account?.lost ?? []).join('\n')));
  await keep('strange', () => Promise.resolve((account?.strange ?? []).join('\n')));
  await keep('operator.log', () => copyFile(operator.logFile, join(folder, 'operator.log')));
  if (subject !== undefined) {
    const { namespace, name, uid } = subject;
    await keep('written', async () => (await truth.written(uid)).lines.join('\n'));
    await keep('volumes', () => cp(cluster.volumes, join(folder, 'volumes'), { recursive: true }));
    for (const place of [namespace, RESCUE_NAMESPACE]) {
      await keep(`${place}.json`, () => kubectl('get', KINDS, '-n', place, '-o', 'json'));
    }
    for (const container of ['', example.sidecar]) {
      const flags = container === '' ? ['--all-containers'] : ['-c', container, '--previous'];
      await keep(`pod${container && '-previous'}.log`, () =>
        kubectl('logs', name, '-n', namespace, ...flags),
      );
    }
  }
  await keep('volumes.json', () => kubectl('get', 'persistentvolumes', '-o', 'json'));
  if (missing.length > 0) await writeFile(join(folder, 'missing'), missing.join('\n'));
  return folder;
}
