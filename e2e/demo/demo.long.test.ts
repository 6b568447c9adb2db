import { describe, expect, test } from '@jest/globals';
import { playDemos, row } from './playing.ts';

const { demo, traces } = playDemos();

const asRoot = process.platform === 'linux' && process.geteuid?.() === 0 ? describe : describe.skip;

asRoot('the demo on a real node', () => {
  test('leaves nothing when it is interrupted', async () => {
    const run = await demo([], { when: 'is Running', signal: 'SIGINT' });
    expect(run).toMatchObject({ code: 1, stderr: 'demo: interrupted\n' });
    expect(await traces()).toEqual([]);
  });

  test('plays the example with the OpenTelemetry Collector and Loki', async () => {
    const run = await demo(['--example', 'log-collection']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/is FinalizerJobFailed \(attempt 1;/);
    expect(run.stdout).toMatch(/finalizer Job \S+ exited with 0$/m);
    expect(row(run, 'lines written')).toBeGreaterThan(150);
    expect(row(run, 'lines received')).toBe(row(run, 'lines written'));
    expect([row(run, 'PVCs left'), row(run, 'bindings left')]).toEqual([0, 0]);
    expect(await traces()).toEqual([]);
  });
});
