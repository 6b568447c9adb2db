import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../src/errors.ts';
import { runCommand, tryCommand } from './cluster/commands.ts';
import { THESE, type Sources } from './image/build.ts';

/**
 * The state of this repository that upgrades are tested from: the commit of the last release; until there
 * is one, the end of the day before what is in it now. To be put forward with each release.
 */
const COMMIT = 'cc533aece44c2d2d903559fc7626678e3c9e0904';

/** The sources of that commit, in a folder that goes with `parts`. */
export async function formerSources(parts: AsyncDisposableStack): Promise<Sources> {
  const { checkout } = THESE;
  const known = await tryCommand('git', ['cat-file', '-e', `${COMMIT}^{commit}`], {
    cwd: checkout,
  });
  if (known.code !== 0) {
    throw new UserError(
      `commit ${COMMIT}, which upgrades are tested from, is not in this clone: \`git fetch --unshallow\`, or clone it anew`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'fluent-pvc-former-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const archive = `${folder}.tar`;
  parts.defer(() => rm(archive, { force: true }));
  await runCommand('git', ['archive', `--output=${archive}`, COMMIT], { cwd: checkout });
  await runCommand('tar', ['-xf', archive, '-C', folder]);
  return { checkout: folder, tag: 'former' };
}
