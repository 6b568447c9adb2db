import { cpus } from 'node:os';
import { make } from '../test/support/make.ts';
import { reviewBody } from '../test/support/review.ts';
import { podPlan } from '../webhook/pod-plan.ts';
import { decode, encode } from '../webhook/review.ts';
import type { Pod } from '../src/api/pod.ts';

/*
 * CPU time that the answer to one large Pod costs: body to AdmissionReview, patch and answer, as the
 * webhook does it, without network and writes. `npm run bench:admission [-- --limit MS]`; with a limit
 * it exits 1 when the median is above.
 */

const ENVS = 1_500;
const SIZE = 64 * 1024;
const WARM_UP = 300;
const ROUNDS = 500;

/** A Pod of that many envs and bytes, all in one container. */
function largePod(): Pod {
  const empty = JSON.stringify(make.newPod()).length;
  const name = (index: number): string => `VARIABLE_${String(index).padStart(4, '0')}`;
  const frame = JSON.stringify({ name: name(0), value: '' }).length + 1;
  const value = 'x'.repeat(Math.max(Math.floor((SIZE - empty) / ENVS) - frame, 1));
  const env = Array.from({ length: ENVS }, (_, index) => ({ name: name(index), value }));
  return make.newPod({ spec: { containers: [make.container('app', { env })] } });
}

/** CPU time of this process, user and system, in ms. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const pod = largePod();
const fluentPVC = make.fluentPVC();
const body = Buffer.from(
  reviewBody({ uid: 'request-uid', operation: 'CREATE', namespace: 'shop', object: pod }),
);

function answer(): number {
  const decoded = decode(body);
  if ('denial' in decoded) throw new Error(decoded.denial.message);
  const plan = podPlan({
    now: 0,
    request: { uid: decoded.request.uid, namespace: 'shop' },
    pod: decoded.request.object as Pod,
    fluentPVC,
    namespaceLabels: undefined,
    storageClassExists: false,
    arrival: undefined,
    defaults: make.defaults,
  });
  if (!plan.answer.allowed) throw new Error(plan.answer.denial.message);
  return JSON.stringify(encode(decoded.request.uid, plan.answer)).length;
}

for (let round = 0; round < WARM_UP; round += 1) answer();
const times: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const startedAt = cpuMs();
  answer();
  times.push(cpuMs() - startedAt);
}
times.sort((a, b) => a - b);
const at = (share: number): number => times[Math.floor(times.length * share)] ?? NaN;
process.stdout.write(
  `a Pod of ${ENVS} envs and ${Math.round(body.length / 1024)} KiB: ${at(0.5).toFixed(2)} ms of CPU ` +
    `(median of ${ROUNDS}; p99 ${at(0.99).toFixed(2)} ms; ${cpus()[0]?.model ?? ''}, Node ${process.version})\n`,
);
const limit = Number(process.argv[process.argv.indexOf('--limit') + 1]);
if (process.argv.includes('--limit') && !(at(0.5) <= limit)) process.exitCode = 1;
