import { tryCommand } from './commands.ts';
import type { Component } from './component.ts';
import { privateMountsScript, quote } from './private-mounts.ts';
import type { Reporter } from './reporter.ts';
import type { ClusterFolders } from './state.ts';

/**
 * The controller-manager makes volumes below /tmp/hostpath_pv and nowhere else. Where the machine
 * allows it, it gets a /tmp of its own in the cluster's state, so that clusters share nothing and
 * `down` removes the volumes. A real node has that already for all of its processes.
 */
export async function withOwnVolumes(
  component: Component,
  folders: ClusterFolders,
  keep: readonly string[],
  reporter: Reporter,
): Promise<Component> {
  for (const flags of [['--mount'], ['--user', '--map-root-user', '--mount']]) {
    const { code } = await tryCommand('unshare', [...flags, '--', 'true']);
    if (code !== 0) continue;
    const script = [
      privateMountsScript([{ target: '/tmp', backing: folders.tmp }], [folders.root, ...keep]),
      `exec ${[component.command, ...component.args].map(quote).join(' ')}`,
    ].join('\n');
    return { ...component, command: 'unshare', args: [...flags, '--', '/bin/sh', '-c', script] };
  }
  reporter.step('no mount namespace is to be had: volumes are made in /tmp/hostpath_pv and stay');
  return component;
}
