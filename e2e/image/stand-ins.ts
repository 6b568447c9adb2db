import { cp, mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { createRootfs } from '../cluster/busybox.ts';
import { findOnPath, runCommand } from '../cluster/commands.ts';
import type { Image } from '../cluster/images.ts';
import { systemPath } from '../cluster/system-path.ts';

/*
 * The base images of the Dockerfile can't be pulled where there is no registry but the cluster's own.
 * Images of the same names stand in for them: this machine's Node 26, its npm and the libraries that
 * they load, on the file system of busybox.
 */

/** Names as the Dockerfile has them, and where each has its node. */
const BASES = {
  build: { name: 'docker.io/library/node:26-bookworm-slim', node: 'usr/local/bin/node' },
  final: { name: 'gcr.io/distroless/nodejs26-debian13:nonroot', node: 'nodejs/bin/node' },
} as const;
/** Those names. */
export const BASE_NAMES = [BASES.build.name, BASES.final.name] as const;
/** What the final image is made on top of. */
export const FINAL_BASE = BASES.final.name;
/** Where the stand-in has the certificate authorities of this machine, whose npm may need them. */
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** Makes their file systems below `folder`, and says which images they are. */
export async function standIns(folder: string, busybox: string): Promise<readonly Image[]> {
  const build = join(folder, 'build');
  await createRootfs(busybox, build);
  await copyNode(build, BASES.build.node);
  await copyNpm(build);
  const final = join(folder, 'final');
  await copyNode(final, BASES.final.node);
  return [
    { name: BASES.build.name, rootfs: build, env: [path('/usr/local/bin:/bin'), authorities()] },
    {
      name: BASES.final.name,
      rootfs: final,
      env: [path('/nodejs/bin')],
      entrypoint: [`/${BASES.final.node}`],
      user: '65532',
      workingDir: '/',
    },
  ];
}

const path = (value: string): string => `PATH=${value}`;
const authorities = (): string => `NODE_EXTRA_CA_CERTS=${AUTHORITIES}`;

async function copyNode(root: string, at: string): Promise<void> {
  const node = process.execPath;
  await copy(node, join(root, at));
  const loaded = await runCommand('ldd', [node]);
  for (const [, library = ''] of loaded.matchAll(/(\/\S+) \(0x/g)) {
    await copy(library, join(root, library));
  }
  await mkdir(join(root, 'tmp'), { recursive: true });
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  );
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

async function copyNpm(root: string): Promise<void> {
  const found = await findOnPath(systemPath(), 'npm');
  if (found === undefined) throw new UserError('npm is not on PATH');
  // .../npm/bin/npm-cli.js
  const folder = dirname(dirname(await realpath(found)));
  const own = process.env.NODE_EXTRA_CA_CERTS ?? AUTHORITIES;
  const npm = join(root, 'usr/local/lib/node_modules/npm');
  await cp(folder, npm, { recursive: true, dereference: true });
  await mkdir(join(root, 'usr/local/bin'), { recursive: true });
  const script =
    '#!/bin/sh\nexec /usr/local/bin/node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n';
  await writeFile(join(root, 'usr/local/bin/npm'), script, { mode: 0o755 });
  await copy(own, join(root, AUTHORITIES));
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { dereference: true });
}
