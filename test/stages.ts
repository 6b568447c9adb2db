import { oldestKubernetesVersion } from '../e2e/cluster/recipes.ts';

/** A part of `npm test`: programs that must succeed, or jest over a set of files. */
export interface Stage {
  name: 'check' | 'unit' | 'bench' | 'api' | 'oldest' | 'e2e' | 'crash-points';
  /** Takes longest: not even part of `npm run test:all`, only run by its name. */
  onlyByName?: true;
  /** 1.minor.patch of its API servers; the newest that is supported when absent. */
  kubernetes?: string;
  /** What it needs running besides. */
  needs: 'nothing' | 'api server' | 'real node';
  run:
    | { programs: readonly (readonly string[])[] }
    /**
     * Patterns of paths; `workers`: so many files at once; as jest finds fit when absent. A file called
     * `*.long.test.ts` is one of `npm run test:all`, and runs otherwise only when a word names it.
     */
    | { jest: readonly string[]; workers?: number; testTimeoutMs: number };
}

const CHECK: readonly Stage[] = [
  {
    name: 'check',
    needs: 'nothing',
    run: {
      programs: [
        ['tsc', '--noEmit'],
        ['eslint', '.'],
        ['prettier', '--check', '--log-level', 'warn', '.'],
      ],
    },
  },
];

const UNIT: readonly Stage[] = [
  {
    name: 'unit',
    needs: 'nothing',
    run: {
      jest: ['test/unit/', 'test/chart/'],
      testTimeoutMs: 5_000,
    },
  },
];

const BENCH: readonly Stage[] = [
  {
    name: 'bench',
    needs: 'nothing',
    run: { programs: [['node', 'bench/main.ts', 'guard']] },
  },
];

const API_SERVER: readonly Stage[] = [
  {
    name: 'api',
    needs: 'api server',
    // They wait most of the time: for the 70 s of an admission, for namespaces to go.
    run: { jest: ['test/api/'], workers: 3, testTimeoutMs: 60_000 },
  },
  {
    name: 'oldest',
    needs: 'api server',
    kubernetes: oldestKubernetesVersion,
    // What rests on features that API servers learned one by one. `npm run test:oldest` runs all.
    run: {
      jest: ['test/api/(admission|definitions|finalization|fluentpvc|guards|listing)'],
      workers: 3,
      testTimeoutMs: 60_000,
    },
  },
  {
    name: 'crash-points',
    onlyByName: true,
    needs: 'api server',
    run: { jest: ['test/crash/'], workers: 1, testTimeoutMs: 600_000 },
  },
];

const REAL_NODE: readonly Stage[] = [
  {
    name: 'e2e',
    needs: 'real node',
    run: {
      jest: ['e2e/'],
      // Each file has a cluster of its own, and waits for most of its time. More of them beside the API
      // tests take as long: two cores have no more to give.
      workers: 3,
      testTimeoutMs: 300_000,
    },
  },
];

/**
 * Phases one after the other, in the order in which a mistake is found soonest. The rows of a phase run
 * side by side, the stages of a row one after the other: tests on clusters wait most of the time. What
 * counts CPU is alone.
 */
export const PHASES: readonly (readonly (readonly Stage[])[])[] = [
  [CHECK, UNIT],
  [BENCH],
  [API_SERVER, REAL_NODE],
];

export const STAGES: readonly Stage[] = PHASES.flat(2);
