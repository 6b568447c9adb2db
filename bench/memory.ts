import { quiet } from '../e2e/at-rest.ts';
import type { AtRest } from './at-rest.ts';
import type { Numbers } from './report.ts';
import { startOperator, type Serving } from './shipped.ts';
import { patienceMs } from './population.ts';

const MIB = 1024;

/** MiB of RSS that a process may have, by the number of bindings. */
const RSS_TARGETS: Readonly<Record<number, number>> = { 1000: 110, 10_000: 160 };
const TRIO_TARGET_KIB = 6;
const COLD_START_TARGET_S = 5;

/** What each look finds, to be compared with what it found where there was no binding. */
export function lookAtMemory(): (at: AtRest) => Promise<void> {
  const empty = new Map<string, number>();

  return async ({ stand, audit, operator, floor, bindings, report }) => {
    const numbers = async (name: string, program: Serving): Promise<Numbers> => {
      const rss = await program.rssMiB();
      const heap = await program.heapMiB();
      if (bindings === 0) empty.set(name, heap);
      const before = empty.get(name);
      const trios = bindings === 0 || before === undefined;
      return { rss, heap, ...(trios ? {} : { kibPerTrio: ((heap - before) * MIB) / bindings }) };
    };
    /** One that was just started, alone, with nothing left to do. */
    const fresh = async (
      command: 'webhook' | 'controllers',
    ): Promise<Numbers & { rss: number }> => {
      const startedAt = performance.now();
      const program = await startOperator(command, stand.options);
      const coldStart = (performance.now() - startedAt) / 1000;
      try {
        await quiet(audit, patienceMs(bindings));
        const rss = await program.rssMiB();
        return { ...(await numbers(command, program)), rss, coldStart };
      } finally {
        await program.kill();
      }
    };

    const found = {
      floor: await numbers('floor', floor),
      'all, since the first binding': await numbers('all', operator),
    };
    // The next one is to lead.
    await operator.end();
    const webhook = await fresh('webhook');
    const controllers = await fresh('controllers');
    report.found(`${bindings} bindings`, {
      ...found,
      'webhook, just started': webhook,
      'controllers, just started': controllers,
    });
    const most = RSS_TARGETS[bindings];
    if (most === undefined) return;
    report.target(`${bindings} bindings: MiB of RSS of webhook`, webhook.rss, { atMost: most });
    report.target(`${bindings} bindings: MiB of RSS of controllers`, controllers.rss, {
      atMost: most,
    });
    report.target(`${bindings} bindings: KiB of heap a trio`, controllers.kibPerTrio ?? NaN, {
      atMost: TRIO_TARGET_KIB,
    });
    report.target(`${bindings} bindings: s of a cold start`, controllers.coldStart ?? NaN, {
      atMost: COLD_START_TARGET_S,
    });
  };
}
