import { expect } from '@jest/globals';
import { join } from 'node:path';
import { playing, type Playing, type Run } from '../playing.ts';

/** A cold cache builds the binaries first, which takes a quarter of an hour on two cores. */
const PATIENCE_MS = 30 * 60_000;

/** Demos, for the top of a file of tests. */
export function playDemos(): Playing {
  return playing({ main: join(import.meta.dirname, 'main.ts'), cluster: 'demo' }, PATIENCE_MS);
}

/** A number of the printed table. */
export function row(run: Run, name: string): number {
  return Number(new RegExp(`^  ${name} +(\\d+)`, 'm').exec(run.stdout)?.[1]);
}

/** Of a demo on a real node, whatever ships: the Job fails while the backend is away, and once. */
export function expectEveryLine(run: Run, linesAtLeast = 70): void {
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toMatch(/is FinalizerJobFailed \(attempt 1;/);
  expect(run.stdout).toMatch(/finalizer Job \S+ exited with 0$/m);
  expect(row(run, 'lines written')).toBeGreaterThan(linesAtLeast);
  expect(row(run, 'lines received')).toBe(row(run, 'lines written'));
  expect([row(run, 'PVCs left'), row(run, 'bindings left')]).toEqual([0, 0]);
}
