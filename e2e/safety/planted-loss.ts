import type { SafetyStage } from './stage.ts';

/** Makes the finalizer Job one that ships nothing and says that all is shipped. */
export async function plantLoss({ client, example, reporter }: SafetyStage): Promise<void> {
  const drain = { name: 'drain', image: 'busybox:stable', command: ['true'] };
  const template = { spec: { initContainers: null, containers: [drain] } };
  await client.patch(
    { kind: 'FluentPVC', name: example.writer.fluentPVC },
    { type: 'merge', body: { spec: { pvcFinalizerJobSpecTemplate: { template } } } },
  );
  reporter.step('planted: finalizer Jobs exit 0 at once');
}
