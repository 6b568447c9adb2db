import { CUTS } from './cuts.ts';
import type { Flow } from './flow.ts';
import { FLOWS } from './flows.ts';
import { TAKE_OVER_WRITES } from './take-over-writes.ts';
import type { WritePointName } from './write-points.ts';

/** A point of a flow, where the operator is killed. */
export interface Visit {
  flow: string;
  point: WritePointName;
  /** Which time of several that the flow passes it: 1 is the first. */
  time: number;
  run: Flow['run'];
}

/** All points of all flows of flows.ts. */
export const VISITS: readonly Visit[] = Object.entries<Flow>(FLOWS).flatMap(
  ([flow, { points, run }]) =>
    points.map((entry) => {
      const [point, time] = typeof entry === 'string' ? ([entry, 1] as const) : entry;
      return { flow, point, time, run };
    }),
);

/** What makes an operator pass a point while it starts, leads or stops; see start.test.ts. */
export const START_POINTS = {
  start: [
    'the CustomResourceDefinitions are applied',
    'the webhook configurations are applied',
    'the guard policies are applied',
    'the Lease is taken',
    'the Lease is renewed',
  ],
  'start without a namespace to try FluentPVCs out in': ['a namespace of our own is made'],
  'start after a kill': ['the Lease of a run that has ended is freed'],
  stop: ['configurations and policies are taken away', 'the Lease is let go'],
} as const satisfies Record<string, readonly WritePointName[]>;

/** Where the operator makes its own what the original has left; see take-over.test.ts. */
export const TAKE_OVER_POINTS = Object.keys(TAKE_OVER_WRITES) as (keyof typeof TAKE_OVER_WRITES)[];

/** Points of a release, for claims whose Pod was never created; see absence.test.ts. */
export const RELEASE_POINTS = [
  'the claim is deleted',
  'the claim loses our finalizer',
  'the binding is deleted',
  'the binding loses our finalizer',
] as const satisfies readonly WritePointName[];

/** Every point at which some test kills the operator. */
export const VISITED: ReadonlySet<WritePointName> = new Set<WritePointName>([
  ...VISITS.map(({ point }) => point),
  ...Object.values(CUTS).map(({ point }) => point),
  ...Object.values(START_POINTS).flat(),
  ...TAKE_OVER_POINTS,
  ...RELEASE_POINTS,
  'the status says PodMissing',
]);
