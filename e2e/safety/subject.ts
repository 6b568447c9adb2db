import { labels } from '../../src/api/names.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import { hasEnded, type Pod } from '../../src/api/pod.ts';
import { hasCode } from '../../src/kube/api-error.ts';
import { waitUntilReady } from '../cluster/readiness.ts';
import type { RunPlan } from './plan.ts';
import { podOf, type Subject } from './sight.ts';
import type { SafetyStage } from './stage.ts';
import { WRITER, writerPod } from './writer.ts';

/** Other Pods may have to start first, an operator to come back: in ms. */
const PATIENCE_MS = 180_000;

/** Makes a namespace in which Pods of the example can run. */
export async function makeNamespace(stage: SafetyStage, namespace: string): Promise<void> {
  await stage.kubectl('create', 'namespace', namespace);
  await stage.example.prepare(stage, namespace);
  await waitUntilReady({
    what: `the ServiceAccount of namespace ${namespace}`,
    timeout: PATIENCE_MS,
    signal: stage.signal,
    probe: async () => {
      await stage.kubectl('get', 'serviceaccount', 'default', '--namespace', namespace);
      return undefined;
    },
  });
}

/** Asks for the Pod as its owner would: again, as long as nobody is there to admit it. */
export async function makePod(
  stage: SafetyStage,
  namespace: string,
  { writing }: RunPlan,
): Promise<Subject> {
  const { client, observer } = stage;
  let made: Stored<Pod> | undefined;
  await waitUntilReady({
    what: `the Pod of ${namespace}`,
    timeout: PATIENCE_MS,
    every: 1_000,
    signal: stage.signal,
    probe: async () => {
      try {
        made = await client.create(writerPod(namespace, writing, stage.example.writer));
      } catch (thrown) {
        // It was made, and the answer did not come.
        if (!hasCode(thrown, 409)) throw thrown;
        made = await client.get<Pod>({ kind: 'Pod', namespace, name: WRITER });
      }
      return made === undefined ? 'it is not there' : undefined;
    },
  });
  const { name = WRITER, uid = '', labels: found } = made?.metadata ?? {};
  const subject = { namespace, name, uid, claim: found?.[labels.binding] ?? '' };
  await observer.until({
    what: `Pod ${namespace}/${name} to be seen`,
    probe: () => podOf(observer, subject),
    otherwise: () => 'it is not there',
  });
  return subject;
}

/** Opens the gate of the Pod's writer when its file is held; returns too where the Pod is over. */
export async function letWrite(stage: SafetyStage, subject: Subject): Promise<void> {
  const { observer, truth, example } = stage;
  const file = example.fileOf(subject);
  let volumePath: string | undefined;
  await waitUntilReady({
    what: `the file of Pod ${subject.namespace}/${subject.name}`,
    timeout: PATIENCE_MS,
    signal: stage.signal,
    probe: async () => {
      volumePath ??= await volumePathOf(stage, subject);
      if (volumePath === undefined) return 'its claim has no volume yet';
      if (await truth.admit({ uid: subject.uid, volumePath, file })) return undefined;
      const pod = podOf(observer, subject);
      return pod === undefined || hasEnded(pod) ? undefined : 'it is not there yet';
    },
  });
}

/** Has the Pod's app made its file? Never so where it has no volume. */
export async function hasFile(stage: SafetyStage, subject: Subject): Promise<boolean> {
  const volumePath = await volumePathOf(stage, subject);
  if (volumePath === undefined) return false;
  const { uid } = subject;
  return stage.truth.holds({ uid, volumePath, file: stage.example.fileOf(subject) });
}

/** As people do it, or at once. */
export async function deletePod(
  { kubectl }: SafetyStage,
  { namespace, name }: Pick<Subject, 'namespace' | 'name'>,
  ...flags: readonly string[]
): Promise<void> {
  const what = ['pod', name, '--namespace', namespace];
  await kubectl('delete', ...what, '--ignore-not-found', '--wait=false', ...flags);
}

/** Folder of the volume, as the node sees it. */
async function volumePathOf(
  { client, observer }: SafetyStage,
  { namespace, claim }: Subject,
): Promise<string | undefined> {
  const name = observer.claims.get(`${namespace}/${claim}`)?.spec.volumeName;
  if (name === undefined) return undefined;
  const volume = await client.get<KubeObject & { spec: { hostPath?: { path: string } } }>({
    kind: 'PersistentVolume',
    name,
  });
  return volume?.spec.hostPath?.path;
}
