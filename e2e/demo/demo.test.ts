import { expect, test } from '@jest/globals';
import { asRoot } from '../../test/support/as-root.ts';
import { expectEveryLine, playDemos, row } from './playing.ts';

const { play: demo, traces } = playDemos();

asRoot('the demo on a real node', () => {
  test('ships every line and leaves nothing', async () => {
    const run = await demo([]);
    expectEveryLine(run);
    for (const seen of [
      /sidecar of \S+ exited with 1$/m,
      /is being deleted \(EvictionByEvictionAPI\)$/m,
    ]) {
      expect(run.stdout).toMatch(seen);
    }
    expect(await traces()).toEqual([]);
  });

  test('fails and says what was lost when the finalizer Job ships nothing', async () => {
    const run = await demo(['--finalizer-command', 'true']);
    expect(run).toMatchObject({ code: 1, stderr: '' });
    expect(row(run, 'lines lost')).toBeGreaterThanOrEqual(50);
    expect(row(run, 'lines lost')).toBe(row(run, 'lines written') - row(run, 'lines received'));
    expect(run.stdout).toMatch(/^FAILED: \d+ of the \d+ lines of Pod \S+ were lost\.$/m);
    expect(await traces()).toEqual([]);
  });
});

test('the demo refuses what it does not understand in one line', async () => {
  expect(await demo(['--nodes', 'foo'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'demo: --nodes is real or kwok, not "foo" (see --help)\n',
  });
});
