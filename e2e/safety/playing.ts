import { join } from 'node:path';
import { playing, type Playing, type Run } from '../playing.ts';
import type { RunResult } from './result.ts';

/** What safety runs have come to. */
export interface Outcome extends Run {
  readonly results: readonly RunResult[];
}

/** A Pod deleted with grace period 0 alone is waited for more than two minutes. */
const PATIENCE_MS = 15 * 60_000;

/** Safety runs, for the top of a file of tests. */
export function playSafety(): Pick<Playing, 'traces'> & {
  readonly safety: (...args: readonly string[]) => Promise<Outcome>;
} {
  const main = join(import.meta.dirname, 'main.ts');
  const { play, traces } = playing({ main, cluster: 'safety' }, PATIENCE_MS);
  return {
    traces,
    safety: async (...args) => {
      const run = await play(args);
      const json = run.stdout.split('\n').filter((line) => line.startsWith('{'));
      return { ...run, results: json.map((line) => JSON.parse(line) as RunResult) };
    },
  };
}
