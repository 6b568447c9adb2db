import { lookOn } from '../e2e/at-rest.ts';
import type { AtRest } from './at-rest.ts';

/** In ms of CPU a minute. */
const CPU_TARGET_MS = 100;

/**
 * Requests, log lines and CPU time of a while in which nothing happens. The floor is asked for
 * nothing: it shows what Node and a server cost that has nothing to do. Looked at several times, because
 * in the first minutes after so many bindings were made V8 clears up, twice.
 */
export async function lookAtIdle(at: AtRest): Promise<void> {
  for (let look = 1; look <= at.looks; look += 1) {
    await lookOnce(at, `${at.bindings} idle bindings, look ${look} of ${at.looks}`);
  }
}

async function lookOnce(
  { audit, operator, floor, seconds, report }: AtRest,
  name: string,
): Promise<void> {
  report.step(`${name}, for ${seconds} s`);
  const cpu = { floor: await floor.cpuMs(), operator: await operator.cpuMs() };
  const { asked, disturbing, logged } = await lookOn({ audit, operator, seconds });
  const spent = {
    floor: (await floor.cpuMs()) - cpu.floor,
    operator: (await operator.cpuMs()) - cpu.operator,
  };
  const perMinute = (value: number): number => (value * 60) / seconds;
  const count = (matches: (what: string) => boolean): number =>
    [...asked].reduce((sum, [what, times]) => sum + (matches(what) ? times : 0), 0);
  report.found(`${name}, a minute`, {
    floor: { cpuMs: perMinute(spent.floor) },
    operator: {
      cpuMs: perMinute(spent.operator),
      leases: perMinute(count((what) => what.endsWith(' leases'))),
      watches: perMinute(count((what) => what.startsWith('watch '))),
      others: count((what) => disturbing.includes(what)),
      lines: logged.length,
    },
  });
  report.target(
    `${name}: requests but leases and watches (${disturbing.join(', ') || 'none'})`,
    disturbing.length,
    { atMost: 0 },
  );
  report.target(`${name}: lines logged (${logged[0] ?? 'none'})`, logged.length, { atMost: 0 });
  report.target(`${name}: ms of CPU a minute`, perMinute(spent.operator), {
    atMost: CPU_TARGET_MS,
  });
  if (disturbing.length > 0 || logged.length > 0) process.exitCode = 1;
}
