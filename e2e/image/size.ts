import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { parseImageName } from '../cluster/images.ts';

/** Bytes of layers: as a node pulls them, and as tar files, which is what it unpacks. */
export interface Size {
  readonly pulled: number;
  readonly unpacked: number;
}

/** A layer has two names: that of its tar file, and that of what travels, which may be compressed. */
interface Layer {
  readonly diffId: string;
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly Omit<Layer, 'diffId'>[];
}

/** What an image adds to its base, in a registry (`address:port`) that has both, by their names. */
export async function sizeAbove(
  registry: string,
  { image, base }: { readonly image: string; readonly base: string },
): Promise<Size> {
  const below = (await layersOf(registry, base)).map(({ diffId }) => diffId);
  const layers = await layersOf(registry, image);
  if (!below.every((diffId, index) => layers[index]?.diffId === diffId))
    throw new Error(`${image} is not made on top of ${base}`);
  return sizeOf(registry, image, layers.slice(below.length));
}

async function layersOf(registry: string, name: string): Promise<Layer[]> {
  const manifest = (await (await ask(registry, name, 'manifest')).json()) as Manifest;
  const config = await ask(registry, name, manifest.config.digest);
  const { rootfs } = (await config.json()) as { rootfs: { diff_ids: readonly string[] } };
  return manifest.layers.map((layer, index) => ({
    ...layer,
    diffId: rootfs.diff_ids[index] ?? '',
  }));
}

async function sizeOf(registry: string, name: string, layers: readonly Layer[]): Promise<Size> {
  const sum = { pulled: 0, unpacked: 0 };
  for (const { digest, size, mediaType } of layers) {
    sum.pulled += size;
    sum.unpacked += mediaType.endsWith('gzip')
      ? await unpackedBytes(await ask(registry, name, digest))
      : size;
  }
  return sum;
}

async function unpackedBytes({ body }: Response): Promise<number> {
  let bytes = 0;
  if (body === null) return bytes;
  for await (const chunk of Readable.fromWeb(body).pipe(createGunzip())) {
    bytes += (chunk as Uint8Array).length;
  }
  return bytes;
}

/** The manifest of an image, or one of its blobs by digest. */
async function ask(registry: string, name: string, what: string): Promise<Response> {
  const { repository, tag } = parseImageName(name);
  const path = what === 'manifest' ? `manifests/${tag}` : `blobs/${what}`;
  const url = `http://${registry}/v2/${repository}/${path}`;
  const types = ['oci.image.manifest.v1', 'docker.distribution.manifest.v2'];
  const accept = types.map((type) => `application/vnd.${type}+json`).join(', ');
  const answer = await fetch(url, { headers: { accept } });
  if (!answer.ok) throw new Error(`GET ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}
