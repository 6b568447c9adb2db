import { UserError } from '../../src/errors.ts';
import { podRange, serviceRange } from './cluster-config.ts';
import { runCommand, tryCommand } from './commands.ts';
import { withLock } from './lock.ts';
import { inside, type Namespaces } from './namespaces.ts';
import { kernelName } from './state.ts';
import { chooseSubnet, type Subnet } from './subnet.ts';

/**
 * Of the machine, not of a state folder: two clusters of different folders that chose at the same time
 * would get the same network, and one would push its images to the other's registry (seen).
 */
const lockFile = '/run/fluent-pvc-operator-network.lock';
/** Name of the link inside the node. */
const nodeLink = 'eth0';

/**
 * Links the node with this machine by a veth pair in a network that nothing here uses. The
 * machine's forwarding, packet filter and other links stay as they are, so Pods reach servers of
 * this machine and nothing beyond.
 */
export async function createNetwork(
  clusterFolder: string,
  namespaces: Namespaces,
): Promise<Subnet> {
  const link = kernelName(clusterFolder);
  const peer = ['peer', 'name', nodeLink, 'netns', String(namespaces.init.pid)];
  const subnet = await withLock(
    { file: lockFile, what: 'the choice of a network', timeout: 20_000 },
    async () => {
      const free = chooseSubnet([...(await addressesInUse()), podRange, serviceRange]);
      if (free === undefined) throw new UserError('no free network in 10.214.0.0/16 for the node');
      await ip(['link', 'add', link, 'type', 'veth', ...peer]);
      await ip(['address', 'add', `${free.host}/${free.prefix}`, 'dev', link]);
      return free;
    },
  );
  await ip(['link', 'set', link, 'up']);
  const steps = [
    'ip link set lo up',
    `ip address add ${subnet.node}/${subnet.prefix} dev ${nodeLink}`,
    `ip link set ${nodeLink} up`,
    // An address needs a route before kube-proxy's rules get to see and to change it.
    `ip route add ${serviceRange} via ${subnet.host}`,
  ];
  const { command, args } = inside(namespaces, '/bin/sh', ['-e', '-c', steps.join('\n')]);
  await runCommand(command, args);
  return subnet;
}

/** Removes the link, which goes by itself a moment after the node's last process, too. */
export async function destroyNetwork(clusterFolder: string): Promise<void> {
  const link = kernelName(clusterFolder);
  const { code } = await tryCommand('ip', ['link', 'show', 'dev', link]);
  if (code !== 0) return;
  const deleted = await tryCommand('ip', ['link', 'delete', 'dev', link]);
  const still = await tryCommand('ip', ['link', 'show', 'dev', link]);
  if (still.code === 0) throw new UserError(`can't remove link ${link}: ${deleted.stderr.trim()}`);
}

async function addressesInUse(): Promise<readonly string[]> {
  const links = JSON.parse(await ip(['-json', '-4', 'address', 'show'])) as readonly {
    readonly addr_info?: readonly { readonly local: string; readonly prefixlen: number }[];
  }[];
  const routes = JSON.parse(
    await ip(['-json', '-4', 'route', 'show', 'table', 'all']),
  ) as readonly {
    readonly dst: string;
  }[];
  return [
    ...links.flatMap(({ addr_info = [] }) =>
      addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ),
    ...routes.map(({ dst }) => dst),
  ];
}

function ip(args: readonly string[]): Promise<string> {
  return runCommand('ip', args);
}
