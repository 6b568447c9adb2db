import type { Pod } from '../src/api/pod.ts';
import { make } from '../test/support/make.ts';
import { reviewBody } from '../test/support/review.ts';
import { podPlan } from '../webhook/pod-plan.ts';
import { decode, encode } from '../webhook/review.ts';
import { defineBench } from './bench.ts';
import type { Report } from './report.ts';
import type { Measured } from './statistics.ts';
import { subjects } from './shapes.ts';

const SIZES = { envs: [5, 100, 1500], samples: 500, rounds: 5 };

/** CPU time of one answer, in this process: no server, no writes. */
export const patchBench = defineBench({
  name: 'patch',
  what: 'CPU of one answer: body to AdmissionReview, patch, answer; the floor reads the same and answers yes',
  sizes: SIZES,
  measure,
});

/** In ms of CPU, of the optimised code, for a Pod of 1,500 envs and 64 KiB. */
const TARGET_MS = 1;

function measure(sizes: typeof SIZES, report: Report): Promise<void> {
  for (const envs of sizes.envs) {
    const object = subjects.operator(envs);
    const body = Buffer.from(
      reviewBody({ uid: 'request-uid', operation: 'CREATE', namespace: 'bench', object }),
    );
    const work = { floor: () => floor(body), operator: () => answer(body) };
    for (const each of Object.values(work)) repeated(each, sizes.samples);
    const name = `${envs} envs, ${Math.round(body.length / 1024)} KiB`;
    const found = report.latencies(name, {
      floor: repeated(work.floor, sizes.samples * sizes.rounds),
      operator: repeated(work.operator, sizes.samples * sizes.rounds),
    });
    if (envs === 1500) report.target(`ms for ${name}`, found.operator.p50, { atMost: TARGET_MS });
  }
  return Promise.resolve();
}

/** The least that any webhook does with a body. */
function floor(body: Buffer): number {
  const { request } = JSON.parse(body.toString()) as { request: { uid: string } };
  return JSON.stringify(encode(request.uid, { allowed: true })).length;
}

const fluentPVC = make.fluentPVC();

function answer(body: Buffer): number {
  const decoded = decode(body);
  if ('denial' in decoded) throw new Error(decoded.denial.message);
  const plan = podPlan({
    now: 0,
    request: { uid: decoded.request.uid, namespace: 'bench' },
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

/** Each in CPU time of this process, which others on the machine do not change much. */
function repeated(work: () => number, samples: number): Measured {
  const ms: number[] = [];
  const startedAt = performance.now();
  for (let sample = 0; sample < samples; sample += 1) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    ms.push((user + system) / 1000);
  }
  return { ms, wallMs: performance.now() - startedAt };
}
