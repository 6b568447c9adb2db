import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksumFor, createDownloader } from '../../../../e2e/cluster/download.ts';
import type { Recipe } from '../../../../e2e/cluster/recipe.ts';
import type { Reporter } from '../../../../e2e/cluster/reporter.ts';
import { UserError } from '../../../../src/errors.ts';

const content = 'a program';
const digest = createHash('sha256').update(content).digest('hex');
const platform = { platform: 'linux', arch: 'amd64' };

let folder: string;
let server: Server | undefined;
let said: string[];
let reporter: Reporter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fluent-pvc-download-'));
  said = [];
  reporter = { step: (text) => said.push(text), line: (text) => said.push(text) };
});

afterEach(async () => {
  const running = server;
  if (running !== undefined) await new Promise((resolve) => running.close(resolve));
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function serve(files: Readonly<Record<string, string>>): Promise<string> {
  const started = createServer((request, response) => {
    const text = files[request.url ?? ''];
    response.statusCode = text === undefined ? 404 : 200;
    response.end(text);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const address = started.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

function recipe(base: string): Recipe {
  return {
    name: 'tool',
    version: '1.2.3',
    binaries: [{ name: 'tool', package: '' }],
    build: { module: 'example.com/tool' },
    download: {
      url: `${base}/v{version}/{os}/{arch}/{binary}`,
      checksumUrl: `${base}/v{version}/{os}/{arch}/{binary}.sha256`,
    },
  };
}

describe('createDownloader', () => {
  it('keeps a file whose checksum is right', async () => {
    const path = '/v1.2.3/linux/amd64/tool';
    const base = await serve({ [path]: content, [`${path}.sha256`]: digest });
    const downloader = createDownloader(platform, reporter);
    expect(await downloader.download(recipe(base), folder)).toBe(true);
    expect(await readFile(join(folder, 'tool'), 'utf8')).toBe(content);
  });

  it('refuses a file whose checksum is wrong', async () => {
    const path = '/v1.2.3/linux/amd64/tool';
    const base = await serve({ [path]: 'something else', [`${path}.sha256`]: digest });
    const downloader = createDownloader(platform, reporter);
    await expect(downloader.download(recipe(base), folder)).rejects.toThrow(UserError);
  });

  it('goes on after what is not published', async () => {
    const base = await serve({});
    const downloader = createDownloader(platform, reporter);
    expect(await downloader.download(recipe(base), folder)).toBe(false);
    expect(said).toEqual([]);
  });

  it('says once that there is no network, and asks no more', async () => {
    // Port 9 of the loopback address: nobody listens there.
    const downloader = createDownloader(platform, reporter);
    expect(await downloader.download(recipe('http://127.0.0.1:9'), folder)).toBe(false);
    expect(await downloader.download(recipe('http://127.0.0.1:9'), folder)).toBe(false);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('downloads are off for this run');
  });
});

describe('checksumFor', () => {
  const other = 'b'.repeat(64);
  it.each([
    ['a digest alone', digest, digest],
    ['a digest and a name', `${digest}  tool`, digest],
    ['one of several lines', `${other}  other\n${digest} *tool\n`, digest],
    ['only other files', `${other}  other\n${other}  more\n`, undefined],
    ['no digest', 'Not Found', undefined],
  ])('reads %s', (_, text, expected) => {
    expect(checksumFor(text, 'tool')).toBe(expected);
  });
});
