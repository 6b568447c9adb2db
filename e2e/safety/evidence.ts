import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../src/errors.ts';
import type { Cluster } from '../cluster/running-cluster.ts';
import type { Account } from './account.ts';
import type { LiveRun } from './field.ts';
import type { RunResult } from './result.ts';
import { RESCUE_NAMESPACE, type Subject } from './sight.ts';
import type { SafetyStage } from './stage.ts';

const KINDS = 'fluentpvcbindings,pods,jobs,persistentvolumeclaims,events';

/** By file: what containers have said. */
export type Logs = ReadonlyMap<string, string>;

/**
 * Keeps what is known of a run that failed, before anything of it goes: its plan and its account,
 * objects and logs of its namespace, and all files of its volume that are still there. Returns the
 * folder. What can't be had is named in the file `missing`.
 */
export async function saveEvidence(
  { kubectl, cluster, operator, truth, evidenceFolder }: SafetyStage,
  run: {
    readonly live: LiveRun;
    readonly result: RunResult;
    readonly subject: Subject | undefined;
    readonly account: Account | undefined;
    readonly logs: Logs;
  },
): Promise<string> {
  const { live, result, subject, account, logs } = run;
  const folder = join(evidenceFolder, `seed-${live.seed}-run-${live.plan.number}`);
  // An earlier run of that seed may have left its own.
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'logs'), { recursive: true });
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
  const last = subject === undefined ? [] : await logsOf(cluster, subject);
  for (const [file, text] of [...logs, ...last]) {
    await keep(join('logs', file), () => Promise.resolve(text));
  }
  if (subject !== undefined) {
    const { namespace, uid } = subject;
    await keep('written', async () => (await truth.written(uid)).lines.join('\n'));
    await keep('volumes', () => cp(cluster.volumes, join(folder, 'volumes'), { recursive: true }));
    for (const place of [namespace, RESCUE_NAMESPACE]) {
      await keep(`${place}.json`, () => kubectl('get', KINDS, '-n', place, '-o', 'json'));
    }
  }
  await keep('volumes.json', () => kubectl('get', 'persistentvolumes', '-o', 'json'));
  if (missing.length > 0) await writeFile(join(folder, 'missing'), missing.join('\n'));
  return folder;
}

/**
 * What the containers of a run have said so far, those of its finalizer Jobs included, as kubelet keeps
 * it: soon after a Pod is gone nobody can ask for it any more.
 */
export async function logsOf(
  { kubeconfig }: Pick<Cluster, 'kubeconfig'>,
  { namespace, claim }: Subject,
): Promise<Logs> {
  const folder = join(dirname(kubeconfig), 'node', 'var-log', 'pods');
  // Named NAMESPACE_POD_UID; the Pod of a Job is named after it.
  const starts = [`${namespace}_`, `${RESCUE_NAMESPACE}_${claim}-`];
  const pods = await readdir(folder).catch(() => []);
  const logs = new Map<string, string>();
  for (const pod of pods.filter((name) => starts.some((start) => name.startsWith(start)))) {
    const files = await readdir(join(folder, pod), { recursive: true }).catch(() => []);
    for (const file of files.filter((name) => name.endsWith('.log'))) {
      const text = await readFile(join(folder, pod, file), 'utf8').catch(() => undefined);
      if (text !== undefined) logs.set(`${pod}_${file.replaceAll('/', '_')}`, text);
    }
  }
  return logs;
}
