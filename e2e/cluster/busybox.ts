import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { findOnPath, runCommand } from './commands.ts';
import type { Environment } from './environment.ts';
import { type Image, pauseImage } from './images.ts';

/** Names under which Pods find the shell and the small tools of busybox. */
export const busyboxNames = ['busybox', 'busybox:stable', 'alpine'] as const;

/** Makes a file system of one static program in `folder` and the images that consist of it. */
export async function busyboxImages(
  environment: Pick<Environment, 'path'>,
  folder: string,
): Promise<readonly Image[]> {
  await createRootfs(await findStaticBusybox(environment.path), folder);
  return [
    // Process 1 of a Pod's sandbox: reaps what others leave, and ends when it is told to.
    {
      name: pauseImage,
      rootfs: folder,
      entrypoint: ['/bin/sh', '-c', 'trap "exit 0" TERM INT; while :; do sleep 86400 & wait; done'],
    },
    ...busyboxNames.map((name): Image => ({ name, rootfs: folder, cmd: ['sh'] })),
  ];
}

/** Makes a file system of a static busybox, with all its applets, in `folder`. */
export async function createRootfs(busybox: string, folder: string): Promise<void> {
  for (const path of ['bin', 'etc', 'root', 'tmp', 'usr', 'var']) {
    await mkdir(join(folder, path), { recursive: true });
  }
  await chmod(join(folder, 'tmp'), 0o1777);
  await copyFile(busybox, join(folder, 'bin', 'busybox'));
  await chmod(join(folder, 'bin', 'busybox'), 0o755);
  for (const path of ['sbin', 'usr/bin', 'usr/sbin']) {
    await symlink(path.startsWith('usr') ? '../bin' : 'bin', join(folder, path));
  }
  const applets = (await runCommand(busybox, ['--list'])).split('\n').filter((name) => name !== '');
  for (const applet of applets) {
    if (applet !== 'busybox') await symlink('busybox', join(folder, 'bin', applet));
  }
  await writeFile(
    join(folder, 'etc', 'passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  );
  // What a static glibc needs to know to ask a name server.
  await writeFile(join(folder, 'etc', 'nsswitch.conf'), 'hosts: files dns\n');
  await writeFile(join(folder, 'etc', 'group'), 'root:x:0:\nnobody:x:65534:\n');
}

/** Path of a busybox that needs no shared libraries; a UserError says what to install. */
export async function findStaticBusybox(path: readonly string[]): Promise<string> {
  const busybox = await findOnPath(path, 'busybox');
  if (busybox === undefined) throw new UserError('busybox is not on PATH; install busybox-static');
  if (hasInterpreter(await readFile(busybox))) {
    throw new UserError(`${busybox} needs shared libraries; install busybox-static in its place`);
  }
  return busybox;
}

/** Whether an ELF file asks for a dynamic linker (a program header of type PT_INTERP). */
export function hasInterpreter(elf: Buffer): boolean {
  const is64Bit = elf[4] === 2;
  if (!is64Bit || elf.toString('latin1', 1, 4) !== 'ELF') return false;
  const offset = Number(elf.readBigUInt64LE(0x20));
  const size = elf.readUInt16LE(0x36);
  const count = elf.readUInt16LE(0x38);
  for (let index = 0; index < count; index++) {
    if (elf.readUInt32LE(offset + index * size) === 3) return true;
  }
  return false;
}
