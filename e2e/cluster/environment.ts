import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemPath } from './system-path.ts';

/** What the embedded cluster takes from the machine and the user; passed down as a parameter. */
export interface Environment {
  /** `linux`, `darwin`, ... as Node names them. */
  readonly platform: string;
  /** `amd64` or `arm64`, as Go and the release pages name them. */
  readonly arch: string;
  readonly isRoot: boolean;
  /** Folders of PATH, in order, and those of administrators. */
  readonly path: readonly string[];
  /** Folder named by KUBEBUILDER_ASSETS. */
  readonly assets: string | undefined;
  /** Binaries live here, keyed by name and version. */
  readonly cacheFolder: string;
  /** One folder a cluster lives here. */
  readonly stateFolder: string;
}

/** Reads the environment once. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  const home = nonEmpty(env.HOME) ?? homedir();
  return {
    platform: process.platform,
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    isRoot: process.geteuid?.() === 0,
    path: systemPath(env.PATH),
    assets: nonEmpty(env.KUBEBUILDER_ASSETS),
    cacheFolder: join(nonEmpty(env.XDG_CACHE_HOME) ?? join(home, '.cache'), program),
    stateFolder: join(
      nonEmpty(env.XDG_STATE_HOME) ?? join(home, '.local', 'state'),
      program,
      'clusters',
    ),
  };
}

const program = 'fluent-pvc-operator';

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
