import { expect, test } from '@jest/globals';
import { asRoot } from '../test/support/as-root.ts';
import { playSafety } from './safety/playing.ts';
import { knownSum } from './safety/result.ts';

/*
 * The short form of `npm run safety`: two rounds with the light shipper and backend, and a loss that must
 * be found. The real ones are in safety.long.test.ts.
 */

const { safety, traces } = playSafety();

asRoot('the safety runs of the light example', () => {
  test('lose no line, and leave nothing', async () => {
    const { code, stdout, stderr, results } = await safety(
      '--example=demo',
      '--seed=17',
      '--runs=16',
    );
    expect({ code, stderr, end: code === 0 ? '' : stdout }).toEqual({
      ...{ code: 0, stderr: '', end: '' },
    });
    expect(results.map(({ lost }) => lost)).toEqual(Array(16).fill(0));
    // Two rounds have each fault at least twice, and with less than one seen to strike the exit code is 1.
    expect(stdout).toContain('OK: no line was lost, none was invented, and nothing is left.');
    expect(await traces()).toEqual([]);
  });

  test('find what a finalizer Job loses that exits 0 at once', async () => {
    const args = ['--example=demo', '--planted-loss', '--seed=46', '--runs=2'];
    const { code, stdout, results } = await safety(...args);
    const lost = knownSum(results.map((run) => run.lost));
    expect(lost).toBeGreaterThan(0);
    expect(code).toBe(1);
    expect(stdout).toContain(`The planted loss was found: ${lost} lines.`);
  });
});
