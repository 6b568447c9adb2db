import { describe, expect, test } from '@jest/globals';
import { playDemos, row } from './playing.ts';

const { demo, traces } = playDemos();

const asRoot = process.platform === 'linux' && process.geteuid?.() === 0 ? describe : describe.skip;

asRoot('the demo on a real node', () => {
  test('ships every line and leaves nothing, also after a run that was killed', async () => {
    const killed = await demo([], { when: 'taking the backend away', signal: 'SIGKILL' });
    expect(killed.code).toBeNull();
    expect(await traces()).not.toEqual([]);

    const run = await demo([]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('removed the cluster of an earlier demo');
    for (const seen of [
      /sidecar of \S+ exited with 1$/m,
      /is being deleted \(EvictionByEvictionAPI\)$/m,
      /is FinalizerJobFailed \(attempt 1;/,
      /finalizer Job \S+ exited with 0$/m,
    ]) {
      expect(run.stdout).toMatch(seen);
    }
    expect(row(run, 'lines written')).toBeGreaterThan(70);
    expect(row(run, 'lines received')).toBe(row(run, 'lines written'));
    expect([row(run, 'PVCs left'), row(run, 'bindings left')]).toEqual([0, 0]);
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

describe('the demo', () => {
  test('shows the cycle on a simulated node, and says that it counts no lines', async () => {
    const run = await demo(['--nodes', 'kwok']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('no container runs, so no lines are written or counted');
    expect(run.stdout).toMatch(/sidecar of \S+ exited with 1$/m);
    expect([row(run, 'PVCs left'), row(run, 'bindings left')]).toEqual([0, 0]);
    expect(run.stdout).not.toContain('lines written');
    expect(await traces()).toEqual([]);
  });

  test('refuses what it does not understand in one line', async () => {
    expect(await demo(['--nodes', 'foo'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'demo: --nodes is real or kwok, not "foo" (see --help)\n',
    });
  });
});
