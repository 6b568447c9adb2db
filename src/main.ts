#!/usr/bin/env node
import packageJson from '../package.json' with { type: 'json' };
import { run } from './app.ts';
import { check } from './check/check.ts';
import { systemClock } from './clock.ts';
import { readConfig } from './config.ts';
import { messageOf, UserError } from './errors.ts';
import { createLog } from './log.ts';

/** Exit codes: 0 asked to stop, 1 something a user can mend, 70 a fault of the program. */
const EXIT_USER = 1;
const EXIT_SOFTWARE = 70;

async function main(): Promise<number> {
  // The clock's timers hold no process, and what runs may wait for nothing else.
  const running = setInterval(() => undefined, 3_600_000);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      stop.abort();
    });
  }
  let isCheck = false;
  try {
    const invocation = readConfig(packageJson.version);
    if ('print' in invocation) {
      process.stdout.write(invocation.print);
      return 0;
    }
    if ('check' in invocation) {
      isCheck = true;
      const say = (line: string): void => void process.stdout.write(`${line}\n`);
      const context = { clock: systemClock, version: packageJson.version, say };
      await check(invocation.check, context, stop.signal);
      return 0;
    }
    const { config } = invocation;
    const log = createLog({ level: config.logLevel });
    await run(config, { clock: systemClock, log, version: packageJson.version }, stop.signal);
    return 0;
  } catch (thrown) {
    // Where stopping failed as well, that is what the user has to mend.
    const error: unknown = thrown instanceof SuppressedError ? thrown.error : thrown;
    if (error instanceof UserError) {
      process.stderr.write(`fluent-pvc-operator: ${error.message} (${error.code})\n`);
      return EXIT_USER;
    }
    // A request that was under way when we were asked to stop. A check that was stopped has found nothing.
    if (stop.signal.aborted && !isCheck) return 0;
    process.stderr.write(
      `fluent-pvc-operator: ${error instanceof Error ? (error.stack ?? '') : messageOf(error)}\n`,
    );
    return EXIT_SOFTWARE;
  } finally {
    clearInterval(running);
  }
}

process.exitCode = await main();
