import { parseImageName } from '../cluster/images.ts';

/** A layer has two names: that of its tar file, and that of what travels, which may be compressed. */
export interface StoredLayer {
  /** Of its tar file. */
  readonly diffId: string;
  /** Of what travels. */
  readonly digest: string;
  /** Bytes that travel. */
  readonly size: number;
  readonly mediaType: string;
}

/** An image as a registry has it. */
export interface StoredImage {
  /** How it is run: `Entrypoint`, `Cmd`, `Env`, `User`, `Labels` and the like. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The lowest one first. */
  readonly layers: readonly StoredLayer[];
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly Omit<StoredLayer, 'diffId'>[];
}

interface Configuration {
  readonly config: StoredImage['config'];
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** An image of a registry (`address:port`) by its name. */
export async function storedImage(registry: string, name: string): Promise<StoredImage> {
  const manifest = (await (await ask(registry, name, 'manifest')).json()) as Manifest;
  const answer = await storedBlob(registry, name, manifest.config.digest);
  const { config, rootfs } = (await answer.json()) as Configuration;
  const layers = manifest.layers.map((layer, index) => ({
    ...layer,
    diffId: rootfs.diff_ids[index] ?? '',
  }));
  return { config, layers };
}

/** What an image adds to its base, in a registry that has both. */
export async function layersAbove(
  registry: string,
  { image, base }: { readonly image: string; readonly base: string },
): Promise<readonly StoredLayer[]> {
  const below = (await storedImage(registry, base)).layers;
  const { layers } = await storedImage(registry, image);
  if (!below.every(({ diffId }, index) => layers[index]?.diffId === diffId))
    throw new Error(`${image} is not made on top of ${base}`);
  return layers.slice(below.length);
}

/** One of an image's blobs: a layer by its digest. */
export function storedBlob(registry: string, name: string, digest: string): Promise<Response> {
  return ask(registry, name, digest);
}

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
