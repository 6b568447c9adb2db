import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDebianPackages } from '../../../../e2e/cluster/debian-packages.ts';
import { readEnvironment } from '../../../../e2e/cluster/environment.ts';
import { silentReporter } from '../../../../e2e/cluster/reporter.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packages-'));
  mkdirSync(join(folder, 'bin'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** An apt-get as Debian's: it gives up where another one is at work. */
function aptGet(installs: string): void {
  const script = `#!/bin/sh
echo "$1" >>${folder}/asked
mkdir ${folder}/lock || { echo 'E: Unable to acquire the lock' >&2; exit 100; }
[ "$1" = install ] && ${installs}
rmdir ${folder}/lock
`;
  writeFileSync(join(folder, 'bin/apt-get'), script, { mode: 0o755 });
}
const packages = [{ name: 'nothing', reason: 'a test wants it', command: 'nothing-of-that-name' }];
const ensure = (isRoot = true): Promise<void> => {
  const environment = {
    ...readEnvironment({ PATH: '/bin', HOME: folder }),
    isRoot,
    path: [join(folder, 'bin'), '/bin', '/usr/bin'],
  };
  return createDebianPackages(environment, silentReporter).ensure(packages);
};
const asked = (): string[] => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');

test('who comes while another one installs waits, and finds it installed', async () => {
  aptGet(`install -m 755 /dev/null ${folder}/bin/nothing-of-that-name`);
  await Promise.all([ensure(), ensure(), ensure()]);
  expect(asked()).toEqual(['update', 'install']);
});

test('what apt-get cannot install is named, with the reason and its last line', async () => {
  aptGet("{ echo 'E: no such package' >&2; exit 100; }");
  await expect(ensure()).rejects.toThrow(
    "can't install nothing (a test wants it): apt-get ended with 100: E: no such package",
  );
});

test('who is not root is told what to install', async () => {
  aptGet('true');
  await expect(ensure(false)).rejects.toThrow('missing packages: nothing (a test wants it)');
});
