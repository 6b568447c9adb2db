import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ClusterConfig, podRange } from './cluster-config.ts';
import type { Component } from './component.ts';
import { binary } from './control-plane.ts';
import { criProbe } from './cri.ts';
import { pauseImage } from './images.ts';
import { insidePath, type Namespaces } from './namespaces.ts';
import { quote } from './private-mounts.ts';
import { registryUrl } from './registry.ts';
import type { ClusterFolders } from './state.ts';
import { systemPath } from './system-path.ts';

/** The socket of containerd as processes of the node see it; /run is theirs alone. */
export const containerdSocket = '/run/containerd/containerd.sock';

/** containerd with runc; its programs and plugins come from the cluster's own binaries. */
export function containerd(
  config: ClusterConfig,
  folders: ClusterFolders,
  namespaces: Namespaces,
): Component {
  const command = binary(config, 'containerd');
  return {
    name: 'containerd',
    command,
    args: ['--config', files(folders).config, '--log-level', 'warn'],
    // The shim is looked for on PATH.
    env: { PATH: [dirname(command), ...systemPath()].join(':') },
    probe: criProbe(insidePath(namespaces, containerdSocket)),
  };
}

/** Writes what containerd reads: its configuration, the Pod network, where images come from. */
export async function writeContainerdFiles(
  config: ClusterConfig,
  folders: ClusterFolders,
): Promise<void> {
  const { cni, registries, runc } = files(folders);
  const mirror = join(registries, '_default');
  await mkdir(cni, { recursive: true });
  await mkdir(mirror, { recursive: true });
  // Any registry a name may start with is answered by the cluster's own: there is no other.
  await writeFile(
    join(mirror, 'hosts.toml'),
    `[host.${toml(registryUrl(config))}]\n  capabilities = ["pull", "resolve"]\n`,
  );
  await writeFile(join(cni, '10-pods.conflist'), JSON.stringify(podNetwork(), null, 2));
  await writeFile(runc, runcScript(binary(config, 'runc')), { mode: 0o755 });
  await writeFile(
    files(folders).config,
    containerdToml({
      snapshotter: await snapshotterFor(folders.node),
      registries,
      cni,
      plugins: dirname(binary(config, 'ptp')),
      runc,
    }),
  );
}

function files(folders: ClusterFolders): {
  readonly config: string;
  readonly cni: string;
  readonly registries: string;
  readonly runc: string;
} {
  return {
    config: join(folders.node, 'containerd.toml'),
    cni: join(folders.node, 'cni'),
    registries: join(folders.node, 'registries'),
    runc: join(folders.node, 'runc'),
  };
}

/**
 * runc, which first opens the volumes for all: the host-path provisioner makes them for root alone, and
 * kubelet, which hands other volumes over to the `fsGroup` of a Pod, leaves those of this kind as they are.
 */
function runcScript(runc: string): string {
  return `#!/bin/sh
case " $* " in *" create "*) chmod 0777 /tmp/hostpath_pv/* 2>/dev/null ;; esac
exec ${quote(runc)} "$@"
`;
}

function containerdToml(settings: {
  readonly snapshotter: string;
  readonly registries: string;
  readonly cni: string;
  readonly plugins: string;
  readonly runc: string;
}): string {
  const images = "plugins.'io.containerd.cri.v1.images'";
  const runtime = "plugins.'io.containerd.cri.v1.runtime'";
  // The third would make a folder in /opt of the machine, for programs that nobody installs there.
  return `version = 3
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.opt"]

[${images}]
snapshotter = ${toml(settings.snapshotter)}
[${images}.pinned_images]
sandbox = ${toml(pauseImage)}
[${images}.registry]
config_path = ${toml(settings.registries)}

[${runtime}]
# Without CAP_SYS_RESOURCE, as in many virtual machines, a lower score can't be had.
restrict_oom_score_adj = true
[${runtime}.cni]
bin_dirs = [${toml(settings.plugins)}]
conf_dir = ${toml(settings.cni)}
[${runtime}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[${runtime}.containerd.runtimes.runc.options]
BinaryName = ${toml(settings.runc)}
SystemdCgroup = false
`;
}

/**
 * A veth pair a Pod and routes between them. On one bridge, answers of a Pod behind a Service
 * would take the short way past the address translation unless the machine has br_netfilter.
 */
function podNetwork(): object {
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipMasq: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: podRange }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

/** overlayfs can't lie on overlayfs, which is what the folder is on inside of a container. */
async function snapshotterFor(folder: string): Promise<string> {
  const overlayMagic = 0x794c7630;
  return (await statfs(folder)).type === overlayMagic ? 'native' : 'overlayfs';
}

/** A string of TOML; JSON's are a subset. */
function toml(text: string): string {
  return JSON.stringify(text);
}
