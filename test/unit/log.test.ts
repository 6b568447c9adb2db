import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LOG_KEYS } from '../../src/log.ts';

const root = join(import.meta.dirname, '../..');

/** What a program writes to standard error that runs this with a `log`. */
async function linesOf(script: string): Promise<string[]> {
  const whole = `import { createLog } from './src/log.ts'; const log = createLog({ level: 'info' }); ${script}`;
  const args = ['--input-type=module', '--eval', whole];
  const { stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env.PATH ?? '' },
  });
  return stderr.trimEnd().split('\n');
}

test('a line is JSON, with level, time and message, what its log carries, and its own keys', async () => {
  const lines = await linesOf(`
    log.debug('is not written');
    log.with({ controller: 'pod', key: 'shop/app-0' }).info('the sidecar failed', { writes: 'evict', error: undefined });
  `);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      controller: 'pod',
      key: 'shop/app-0',
      writes: 'evict',
      msg: 'the sidecar failed',
    },
  ]);
});

test('docs/health.md says of every key what it means, and of no other', () => {
  const page = readFileSync(join(root, 'docs/health.md'), 'utf8');
  const [, section = ''] = page.split('\n## The log\n');
  const cells = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (`.*?) \|/gm)];
  const named = cells.flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, key = '']) => key),
  );
  expect(named.toSorted()).toEqual(LOG_KEYS.toSorted());
});
