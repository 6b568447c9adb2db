import { join } from 'node:path';
import { readEnvironment } from '../e2e/cluster/environment.ts';
import { withLock } from '../e2e/cluster/lock.ts';
import { messageOf, UserError } from '../src/errors.ts';
import type { Bench } from './bench.ts';
import { admissionBench } from './admission.ts';
import { patchBench } from './patch.ts';
import { drainBench } from './drain.ts';
import { guardBench } from './guard.ts';
import { idleBench, memoryBench, restBench } from './rest.ts';
import { webhookBench } from './webhook.ts';

/* `npm run bench -- NAME [FLAG ...]`; README.md in this folder says how to read what it prints. */

const INTERRUPTED = 130;
/** How long another bench of this machine may take, in ms. */
const OTHERS_MS = 3_600_000;
const ALL: readonly Bench[] = [patchBench, webhookBench, admissionBench, drainBench, restBench];
const BENCHES: readonly Bench[] = [...ALL, idleBench, memoryBench, guardBench];

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const chosen = name === 'all' ? ALL : BENCHES.filter((bench) => bench.name === name);
  if (chosen.length === 0) {
    say(usage());
    return name === '--help' ? 0 : 1;
  }
  const lock = {
    // Of all checkouts: two would measure each other.
    file: join(readEnvironment().cacheFolder, 'locks/bench'),
    what: 'the bench',
    timeout: OTHERS_MS,
    onWait: (holder: number): void => {
      say(`waiting for the bench of process ${holder}`);
    },
  };
  try {
    await withLock(lock, async () => {
      for (const bench of chosen) await bench.run(args, say);
    });
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say(`${name}: ${messageOf(error)}`);
    return 1;
  }
}

function usage(): string {
  const flags = ({ sizes }: Bench): string =>
    Object.entries(sizes)
      .map(([name, value]) => `--${name} ${String(value)}`)
      .join(' ');
  return [
    `npm run bench -- NAME [FLAG ...], with its defaults as shown here; "all" runs the first ${ALL.length}`,
    '',
    ...BENCHES.map(
      (bench) => `  ${bench.name.padEnd(10)} ${bench.what}\n             ${flags(bench)}`,
    ),
    '',
    '  --out FOLDER: where pictures, logs and profiles go',
  ].join('\n');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // Programs that are measured go with us; a cluster is removed by its next start, or by hand.
  process.once(name, () => {
    process.exit(INTERRUPTED);
  });
}
process.exitCode = await main(process.argv.slice(2));
