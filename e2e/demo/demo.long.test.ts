import { expect, test } from '@jest/globals';
import { asRoot } from '../../test/support/as-root.ts';
import { expectEveryLine, playDemos, row } from './playing.ts';

const { play: demo, traces } = playDemos();

asRoot('the demo on a real node', () => {
  test('leaves nothing when it is interrupted', async () => {
    const run = await demo([], { when: 'is Running', signal: 'SIGINT' });
    expect(run).toMatchObject({ code: 1, stderr: 'demo: interrupted\n' });
    expect(await traces()).toEqual([]);
  });

  test('clears away what a run has left that was killed', async () => {
    const killed = await demo([], { when: 'taking the backend away', signal: 'SIGKILL' });
    expect(killed.code).toBeNull();
    expect(await traces()).not.toEqual([]);

    const run = await demo([]);
    expect(run.stdout).toContain('removed what was left of cluster demo');
    expectEveryLine(run);
    expect(await traces()).toEqual([]);
  });

  test('plays the example with the OpenTelemetry Collector and Loki', async () => {
    expectEveryLine(await demo(['--example', 'log-collection']), 150);
    expect(await traces()).toEqual([]);
  });
});

test('the demo shows the cycle on a simulated node, and says that it counts no lines', async () => {
  const run = await demo(['--nodes', 'kwok']);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toContain('no container runs, so no lines are written or counted');
  expect(run.stdout).toMatch(/sidecar of \S+ exited with 1$/m);
  expect([row(run, 'PVCs left'), row(run, 'bindings left')]).toEqual([0, 0]);
  expect(run.stdout).not.toContain('lines written');
  expect(await traces()).toEqual([]);
});
