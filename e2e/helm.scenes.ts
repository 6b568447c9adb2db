import { expect, test } from '@jest/globals';
import { labelledPod } from '../test/support/manifests.ts';
import { eventually } from '../test/support/eventually.ts';
import { OPERATOR_NAMESPACE, RELEASE, type Installed } from './installed.ts';
import { copyingFluentPVC, drainedLines, scriptPod } from './lines.ts';
import { nothingLeft, runningBinding } from './seen.ts';
import { PATIENCE_MS, type Stage } from './stage.ts';

/*
 * What Helm asks the operator's image, as Pods of the release with the rights that they have there.
 */

const NAMESPACE = `--namespace=${OPERATOR_NAMESPACE}`;

/** `helm test`, as soon as the release is ready. */
export function tested(on: () => Installed): void {
  test('passes `helm test`', async () => {
    const said = await on().helm('test', RELEASE, NAMESPACE, '--timeout=4m');
    expect(said).toMatch(/Phase: +Succeeded/);
  });
}

/** `helm uninstall`, step by step as docs/uninstall.md has it. */
export function uninstalled(stage: () => Stage, on: () => Installed): void {
  test('is not uninstalled while data waits, and goes without a trace afterwards', async () => {
    const { kubectl, client } = stage();
    const uninstall = (): Promise<string> =>
      on().helm('uninstall', RELEASE, NAMESPACE, '--wait', '--timeout=4m');
    const labelled = labelledPod({ namespace: 'default' }, 'staying');
    const mayStart = (): Promise<unknown> => client.create(labelled, { dryRun: true });

    await kubectl.feed('apply', copyingFluentPVC('staying'));
    const script = 'echo line 1 >/buffer/log; sync; sleep 1000';
    await kubectl.feed('create', scriptPod(stage(), 'stays', 'staying', script));
    const claim = await runningBinding(stage(), 'stays');
    await expect(uninstall()).rejects.toThrow(/check-uninstall not ready.*Failed/s);
    const check = `job/${RELEASE}-check-uninstall`;
    const why = await kubectl('logs', check, NAMESPACE);
    expect(why).toContain(`binding default/${claim}: Ready, Pod "stays"`);
    expect(why).toContain('not uninstalled: 1 of its objects');
    // All goes on as before.
    await mayStart();

    await kubectl('delete', 'pod', 'stays');
    expect(await drainedLines(stage(), claim)).toEqual(['line 1']);
    await kubectl('delete', 'fpvc', '--all');
    await uninstall();
    const owned = ['-l', `app.kubernetes.io/instance=${RELEASE}`, '-A', '-o', 'name'];
    const kinds =
      'pods,deployments,jobs,services,secrets,leases,clusterroles,clusterrolebindings,' +
      'mutatingwebhookconfigurations,validatingwebhookconfigurations,' +
      'validatingadmissionpolicies,validatingadmissionpolicybindings';
    await eventually(
      'all of the release to go',
      async () => {
        const left = await kubectl('get', kinds, ...owned);
        if (left !== '') throw new Error(left);
        return true;
      },
      PATIENCE_MS,
    );
    await eventually('labelled Pods to start without it', mayStart, PATIENCE_MS);
    await nothingLeft(stage());
  });
}
