import { join, relative, sep } from 'node:path';

/** A folder of the machine that processes in a mount namespace see their own version of. */
export interface PrivateFolder {
  /** The path they see, such as `/run`. */
  readonly target: string;
  /** What they see there, a folder of the cluster's state. */
  readonly backing: string;
}

/**
 * A shell script (to run as root of a new mount namespace) that puts each backing folder over its
 * target. Paths in `keep` stay visible where a target would hide them: a state folder below /tmp
 * must not vanish when /tmp is replaced.
 */
export function privateMountsScript(
  folders: readonly PrivateFolder[],
  keep: readonly string[],
): string {
  const lines = ['set -e'];
  for (const { target, backing } of folders) {
    lines.push(`mkdir -p ${quote(backing)}`);
    for (const path of outermost(keep).filter((candidate) => isBelow(candidate, target))) {
      const place = join(backing, relative(target, path));
      lines.push(`mkdir -p ${quote(place)}`, `mount --bind ${quote(path)} ${quote(place)}`);
    }
    lines.push(`mount --rbind ${quote(backing)} ${quote(target)}`);
  }
  return lines.join('\n');
}

/** A word for the shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Paths that lie in no other one of the list. */
function outermost(paths: readonly string[]): readonly string[] {
  const unique = [...new Set(paths)];
  return unique.filter((path) => !unique.some((other) => isBelow(path, other)));
}

function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder + sep);
}
