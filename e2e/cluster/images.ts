import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { runCommand } from './commands.ts';

/** An image of one layer. */
export interface Image {
  /** As Pods name it: `busybox`, `busybox:1.36`, `ghcr.io/owner/name:tag`. Without a tag: latest. */
  readonly name: string;
  /** Its file system: a folder, or an uncompressed tar file. Owners become root. */
  readonly rootfs: string;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** `NAME=value` each. */
  readonly env?: readonly string[];
  readonly workingDir?: string;
  /** `uid[:gid]`. */
  readonly user?: string;
}

/** The image that holds a Pod's namespaces. */
export const pauseImage = 'docker.io/library/pause:embedded';

/** Where an image lives in a registry. */
export interface ImageReference {
  readonly repository: string;
  readonly tag: string;
}

/**
 * The place of a name in the cluster's registry, which answers for all registries: the host part
 * is dropped, and a bare name is in `library`, as on Docker Hub.
 */
export function parseImageName(name: string): ImageReference {
  const parts = name.split('/');
  const first = parts[0] ?? '';
  const hasHost = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost');
  const host = hasHost ? first : 'docker.io';
  const [path, tag] = splitTag((hasHost ? parts.slice(1) : parts).join('/'));
  const repository = host === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  if (!/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(repository)) {
    throw new UserError(`${name} is not the name of an image`);
  }
  return { repository, tag: tag ?? 'latest' };
}

/** Pushes several names of one file system; the layer travels once a repository. */
export async function pushImages(registry: string, images: readonly Image[]): Promise<void> {
  const layers = new Map<string, Promise<Layer>>();
  const work = await mkdtemp(join(tmpdir(), 'fluent-pvc-image-'));
  try {
    for (const image of images) {
      const layer =
        layers.get(image.rootfs) ?? layerOf(image.rootfs, join(work, `${layers.size}.tar`));
      layers.set(image.rootfs, layer);
      await push(registry, image, await layer);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Layer {
  readonly file: string;
  readonly digest: string;
  readonly size: number;
}

async function layerOf(rootfs: string, tar: string): Promise<Layer> {
  const isFolder = (await stat(rootfs)).isDirectory();
  const file = isFolder ? tar : rootfs;
  if (isFolder) {
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', '--mtime=@0'];
    await runCommand('tar', ['-c', ...owner, '-f', tar, '-C', rootfs, '.']);
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return { file, digest: `sha256:${hash.digest('hex')}`, size: (await stat(file)).size };
}

async function push(registry: string, image: Image, layer: Layer): Promise<void> {
  const { repository, tag } = parseImageName(image.name);
  const base = `${registry}/v2/${repository}`;
  const config = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      ...(image.entrypoint && { Entrypoint: image.entrypoint }),
      ...(image.cmd && { Cmd: image.cmd }),
      Env: image.env ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...(image.workingDir && { WorkingDir: image.workingDir }),
      ...(image.user && { User: image.user }),
    },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const configDigest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
  await pushBlob(base, layer.digest, await openAsBlob(layer.file));
  await pushBlob(base, configDigest, new Blob([config]));
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = {
    schemaVersion: 2,
    mediaType: type,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: configDigest,
      size: Buffer.byteLength(config),
    },
    layers: [
      {
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest: layer.digest,
        size: layer.size,
      },
    ],
  };
  await expect(201, `${base}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': type },
    body: JSON.stringify(manifest),
  });
}

async function pushBlob(base: string, digest: string, content: Blob): Promise<void> {
  const there = await fetch(`${base}/blobs/${digest}`, { method: 'HEAD' });
  if (there.ok) return;
  const started = await expect(202, `${base}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digest);
  await expect(201, location.href, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: content,
  });
}

async function expect(status: number, url: string, request: RequestInit): Promise<Response> {
  const response = await fetch(url, request);
  const text = await response.text();
  if (response.status === status) return response;
  throw new Error(`${request.method ?? 'GET'} ${url}: ${response.status} ${text.slice(0, 300)}`);
}

function splitTag(path: string): readonly [string, string | undefined] {
  const colon = path.lastIndexOf(':');
  return colon === -1 ? [path, undefined] : [path.slice(0, colon), path.slice(colon + 1)];
}
