import { rfc3339 } from '../../src/api/condition.ts';
import type { Pod } from '../../src/api/pod.ts';
import { UserError } from '../../src/errors.ts';
import {
  type AppPod,
  deletionOf,
  endOfApp,
  leftoversOf,
  releaseOf,
  runningAppPod,
} from './cycle.ts';
import { appName, cast, manifests, namespace, sidecarName } from './objects.ts';
import type { Stage } from './scenario.ts';
import type { Leftovers } from './tally.ts';

/**
 * The cycle of objects where no container can run: Pods and Jobs that kwok simulates, a crash that
 * is only said in a Pod's status. Shows what the operator does, and nothing of data. Returns what
 * is left at the end.
 */
export async function playSimulated(stage: Stage): Promise<Leftovers> {
  const { client, observer, kubectl, act } = stage;
  act('applying FluentPVC "demo" and an application (examples/demo)');
  await kubectl('apply', '-f', manifests.fluentPVC);
  await kubectl('apply', '-f', manifests.app);
  const first = await runningAppPod(observer, cast, []);

  act("writing into the Pod's status that its sidecar crashed");
  await reportCrash(stage, first);
  await deletionOf(observer, first);
  const second = await runningAppPod(observer, cast, [first]);
  await releaseOf(observer, first);

  act('removing the application');
  await kubectl('scale', 'deployment', appName, '--replicas=0');
  await endOfApp(observer, cast);
  await releaseOf(observer, second);
  return leftoversOf(client);
}

/** As kubelet would say it: the sidecar ended with 1 and was started again. */
async function reportCrash({ client }: Stage, { name, uid }: AppPod): Promise<void> {
  const ref = { kind: 'Pod', namespace, name } as const;
  const pod = await client.get<Pod>(ref);
  if (pod?.metadata.uid !== uid) throw new UserError(`Pod ${name} is gone too early`);
  // Times have whole seconds: an app that started in the very second of the crash did not run yet.
  const time = rfc3339(Date.now() + 1000);
  const terminated = { exitCode: 1, reason: 'Error', startedAt: time, finishedAt: time };
  const initContainerStatuses = (pod.status?.initContainerStatuses ?? []).map((status) =>
    status.name === sidecarName
      ? { ...status, restartCount: 1, lastState: { terminated } }
      : status,
  );
  await client.patch(ref, {
    type: 'merge',
    subresource: 'status',
    body: { metadata: { uid }, status: { initContainerStatuses } },
  });
}
