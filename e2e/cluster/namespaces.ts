import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { logFile } from './component.ts';
import { type PrivateFolder, privateMountsScript, quote } from './private-mounts.ts';
import { launch } from './processes.ts';
import { childrenOf, isAlive, type ProcessId } from './process-table.ts';
import { waitUntilReady } from './readiness.ts';
import { type ClusterFolders, recordProcess } from './state.ts';

/** The namespaces of a real node: the process whose end is the end of everything in them. */
export interface Namespaces {
  /** Process 1 of the node, by its number on the machine. */
  readonly init: ProcessId;
}

/** Component name of `unshare`, which waits for the init process. */
const outerName = 'namespaces';
const initName = 'init';

/** Paths that programs of a node have hard-coded; each cluster has its own. */
export function nodeFolders(folders: ClusterFolders): readonly PrivateFolder[] {
  // /tmp: the host-path provisioner writes to /tmp/hostpath_pv. /run: sockets and xtables.lock.
  // /var/lib: kubelet's device plugins, containerd, CNI. /var/log: links to the containers' logs.
  return [
    { target: '/tmp', backing: folders.tmp },
    ...['/run', '/var/lib', '/var/log'].map((target) => ({
      target,
      backing: join(folders.node, target.slice(1).replace('/', '-')),
    })),
  ];
}

/**
 * Starts an init process in new pid, mount, network, uts and ipc namespaces. Mounts made inside
 * are never seen outside and go with the namespace; inside they are shared, as kubelet wants it.
 */
export async function createNamespaces(
  folders: ClusterFolders,
  hostname: string,
  keep: readonly string[],
  signal: AbortSignal,
): Promise<Namespaces> {
  const ready = join(folders.node, 'init-ready');
  const script = [
    privateMountsScript(nodeFolders(folders), [folders.root, ...keep]),
    'mount --make-rshared /',
    `hostname ${quote(hostname)}`,
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    `: > ${quote(ready)}`,
    // A shell that waits also reaps the orphans that become its children.
    'while :; do sleep 86400 & wait; done',
  ].join('\n');
  const outer = await launch({
    command: 'unshare',
    args: [
      ...['--mount', '--pid', '--fork', '--kill-child', '--net', '--uts', '--ipc', '--mount-proc'],
      ...['--', '/bin/sh', '-c', script],
    ],
    mark: folders.root,
    logFile: logFile(folders, outerName),
  });
  await recordProcess(folders, outerName, outer);
  await waitUntilReady({
    what: 'the init process of the node',
    timeout: 20_000,
    every: 5,
    signal,
    probe: async () => {
      if (existsSync(ready)) return undefined;
      if (await isAlive(outer)) return 'its mounts are not made yet';
      throw new UserError(`can't create namespaces; see ${logFile(folders, outerName)}`);
    },
  });
  const [init] = await childrenOf(outer.pid);
  if (init === undefined) throw new UserError('the init process of the node ended at once');
  await recordProcess(folders, initName, init);
  return { init };
}

/** The namespaces that a record of the cluster's processes names; their init may be gone. */
export function recordedNamespaces(
  processes: ReadonlyMap<string, ProcessId>,
): Namespaces | undefined {
  const init = processes.get(initName);
  return init === undefined ? undefined : { init };
}

/** The command that runs another one inside the namespaces. */
export function inside(
  { init }: Namespaces,
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  const enter = ['--mount', '--pid', '--net', '--uts', '--ipc'];
  return {
    command: 'nsenter',
    args: ['--target', String(init.pid), ...enter, '--', command, ...args],
  };
}

/** A path of the node, as the machine can open it. */
export function insidePath({ init }: Namespaces, path: string): string {
  return join(`/proc/${init.pid}/root`, path);
}

/** Folders of programs, which must stay visible inside. */
export function foldersOf(binaries: Readonly<Record<string, string>>): readonly string[] {
  return [...new Set(Object.values(binaries).map((file) => dirname(file)))];
}
