import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../test/support/eventually.ts';
import { shared } from '../test/support/shared.ts';
import { runCommand } from './cluster/commands.ts';
import { buildOperatorImage, OPERATOR_IMAGE, OPERATOR_REPOSITORY, THESE } from './image/build.ts';
import { type Docker, type DockerBuilder, ensureDocker, startDocker } from './image/docker.ts';
import { FINAL_BASE } from './image/stand-ins.ts';
import { layersAbove, storedBlob, storedImage } from './image/stored.ts';
import { openStage, type Stage } from './stage.ts';

/*
 * Whoever builds the image has Docker more often than buildah, which the other tests build it with: both
 * builders that Docker has must come to the same files, run in the same way.
 */

/** Says what an image has of ours: `[name, digest]` each. */
const SAY_FILES = `
  const { createHash } = require('node:crypto');
  const { readdirSync, readFileSync } = require('node:fs');
  const digest = (name) => createHash('sha256').update(readFileSync('/app/' + name)).digest('hex');
  console.log(JSON.stringify(readdirSync('/app').map((name) => [name, digest(name)])));
`;
let stage: Stage;
let docker: Docker;

shared(async (parts) => {
  await ensureDocker();
  stage = await openStage('e2e-docker', parts);
  await buildOperatorImage(stage.cluster, THESE);
  docker = await startDocker(stage.cluster, parts);
});

/** How an image is run: all that its configuration says, but for what builders say of themselves. */
async function configOf(image: string): Promise<Readonly<Record<string, unknown>>> {
  const { config } = await storedImage(stage.cluster.registry, image);
  const { Image: _former, ArgsEscaped: _escaped, Labels: labels, ...rest } = config;
  const own = Object.entries(labels as Record<string, string>).filter(
    ([name]) => !name.startsWith('io.buildah.'),
  );
  const said = Object.entries(rest).filter(
    ([, value]) => value !== '' && value !== false && value !== null,
  );
  return { ...Object.fromEntries(said), Labels: Object.fromEntries(own) };
}

/** Mode, owner, size and path of all that each layer above the base has. */
async function layersOf(image: string): Promise<readonly string[][]> {
  const { registry } = stage.cluster;
  const folder = await mkdtemp(join(tmpdir(), 'fluent-pvc-layer-'));
  try {
    const found: string[][] = [];
    for (const { digest } of await layersAbove(registry, { image, base: FINAL_BASE })) {
      const file = join(folder, 'layer');
      await writeFile(file, await (await storedBlob(registry, image, digest)).bytes());
      const list = await runCommand('tar', [
        '--list',
        '--verbose',
        '--numeric-owner',
        '--file',
        file,
      ]);
      // Between size and path is the time of the build.
      found.push(
        list
          .trim()
          .split('\n')
          .map((line) => line.replace(/ \S+ \S+ (?=\S+$)/, ' '))
          .toSorted(),
      );
    }
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What is in its files, by their digests, as a Pod has them on the node. */
async function filesOf(image: string): Promise<Readonly<Record<string, string>>> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'says-' },
    spec: {
      restartPolicy: 'Never',
      containers: [
        {
          name: 'operator',
          image,
          imagePullPolicy: 'Always',
          args: ['--eval', SAY_FILES],
          securityContext: { readOnlyRootFilesystem: true, runAsNonRoot: true },
        },
      ],
    },
  };
  const name = (await stage.kubectl.feed('create', '--output=name', pod)).trim();
  const logs = async (): Promise<string | undefined> =>
    (await stage.kubectl('logs', name)) || undefined;
  const said = await eventually(`what ${name} says of ${image}`, logs, 60_000);
  return Object.fromEntries(JSON.parse(said) as [string, string][]);
}

describe.each<DockerBuilder>(['classic', 'BuildKit'])('the %s builder of Docker', (builder) => {
  const image = `${OPERATOR_REPOSITORY}:docker-${builder.toLowerCase()}`;

  beforeAll(() => docker.build(builder, THESE.checkout, image));

  test('makes an image that is run as the one of buildah is', async () => {
    expect(await configOf(image)).toEqual(await configOf(OPERATOR_IMAGE));
  });

  test('adds one layer of the same files', async () => {
    const layers = await layersOf(image);
    expect(layers).toEqual(await layersOf(OPERATOR_IMAGE));
    expect(layers).toHaveLength(1);
  });

  test('puts the same into them, and the node runs it', async () => {
    const files = await filesOf(image);
    expect(files).toEqual(await filesOf(OPERATOR_IMAGE));
    const names = ['main.mjs', 'main.mjs.LEGAL.txt', 'sbom.cdx.json'];
    expect(Object.keys(files).toSorted()).toEqual(names);
  });
});
