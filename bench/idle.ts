import { parseArgs } from 'node:util';
import { watchRest } from '../e2e/at-rest.ts';
import { createReporter } from '../e2e/cluster/reporter.ts';

/*
 * What the operator asks of the API server while nothing happens: nothing but leases and watches, and
 * no line in its log. `npm run bench:idle [-- --bindings 1000 --seconds 60]`, on a cluster with
 * simulated nodes that it starts itself; it exits 1 when anything else is asked or logged.
 */

const { values } = parseArgs({
  options: {
    bindings: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
  },
});
const [bindings, seconds] = [Number(values.bindings), Number(values.seconds)];
if (!(bindings >= 1 && seconds >= 1))
  throw new Error('--bindings and --seconds are numbers from 1');

const reporter = createReporter(process.stdout, () => performance.now());
const { asked, disturbing, logged } = await watchRest('bench-idle', {
  bindings,
  seconds,
  reporter,
});

const counts = [...asked].map(([what, count]) => `${count} ${what}`).join(', ');
reporter.line(
  `${bindings} idle bindings, ${seconds} s: ${counts === '' ? 'no request' : counts}; ` +
    `${logged.length} lines logged`,
);
for (const what of disturbing) reporter.line(`has no place in a rest: ${what}`);
for (const line of logged) reporter.line(`logged: ${line}`);
if (disturbing.length > 0 || logged.length > 0) process.exitCode = 1;
