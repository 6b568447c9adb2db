import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { layersAbove, storedBlob } from './stored.ts';

/** Bytes of layers: as a node pulls them, and as tar files, which is what it unpacks. */
export interface Size {
  readonly pulled: number;
  readonly unpacked: number;
}

/** What an image adds to its base, in a registry (`address:port`) that has both, by their names. */
export async function sizeAbove(
  registry: string,
  of: { readonly image: string; readonly base: string },
): Promise<Size> {
  const sum = { pulled: 0, unpacked: 0 };
  for (const { digest, size, mediaType } of await layersAbove(registry, of)) {
    sum.pulled += size;
    sum.unpacked += mediaType.endsWith('gzip')
      ? await unpackedBytes(await storedBlob(registry, of.image, digest))
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
