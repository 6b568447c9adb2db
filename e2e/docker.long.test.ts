import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../test/support/eventually.ts';
import { shared } from '../test/support/shared.ts';
import { buildOperatorImage, OPERATOR_IMAGE, OPERATOR_REPOSITORY, THESE } from './image/build.ts';
import { type Docker, type DockerBuilder, startDocker } from './image/docker.ts';
import { storedImage } from './image/stored.ts';
import { openStage, type Stage } from './stage.ts';

/*
 * Whoever builds the image has Docker more often than buildah, which the other tests build it with: both
 * builders that Docker has must come to the same image, byte for byte.
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
  const folder = await mkdtemp(join(tmpdir(), 'fluent-pvc-docker-'));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  stage = await openStage('e2e-docker', parts);
  await buildOperatorImage(stage.cluster, THESE);
  docker = await startDocker(join(folder, 'engine'), stage.cluster.registry, parts);
});

/** How an image is run, but for what a builder says of itself. */
async function configOf(image: string): Promise<Readonly<Record<string, unknown>>> {
  const { config } = await storedImage(stage.cluster.registry, image);
  const { Labels, Env, Entrypoint, Cmd, User, WorkingDir } = config;
  const own = Object.entries(Labels as Record<string, string>).filter(
    ([name]) => !name.startsWith('io.buildah.'),
  );
  return { Labels: Object.fromEntries(own), Env, Entrypoint, Cmd, User, WorkingDir };
}

/** Files of an image, by their digests, as its Pod has them on the node. */
async function filesOf(image: string): Promise<Readonly<Record<string, string>>> {
  const name = image.replace(/[^a-z0-9]/g, '-').toLowerCase();
  await stage.kubectl.feed('apply', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      containers: [
        {
          name: 'operator',
          image,
          args: ['--eval', SAY_FILES],
          securityContext: { readOnlyRootFilesystem: true, runAsNonRoot: true },
        },
      ],
    },
  });
  const logs = async (): Promise<string | undefined> =>
    (await stage.kubectl('logs', name)) || undefined;
  const said = await eventually(`what ${name} says`, logs, 60_000);
  return Object.fromEntries(JSON.parse(said) as [string, string][]);
}

describe.each<DockerBuilder>(['classic', 'BuildKit'])('the %s builder of Docker', (builder) => {
  const image = `${OPERATOR_REPOSITORY}:docker-${builder.toLowerCase()}`;

  beforeAll(() => docker.build(builder, THESE.checkout, image));

  test('makes an image that is run as the one of buildah is', async () => {
    expect(await configOf(image)).toEqual(await configOf(OPERATOR_IMAGE));
  });

  test('puts the same files into it', async () => {
    const files = await filesOf(image);
    expect(files).toEqual(await filesOf(OPERATOR_IMAGE));
    const names = ['main.mjs', 'main.mjs.LEGAL.txt', 'sbom.cdx.json'];
    expect(Object.keys(files).toSorted()).toEqual(names);
  });
});
