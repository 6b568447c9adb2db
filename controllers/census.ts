import type { Binding, BindingPhase } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import { getCondition, isTrue } from '../src/api/condition.ts';
import { labels } from '../src/api/names.ts';
import { createdAt, keyOf, type Stored } from '../src/api/object.ts';
import { nanos, ONE } from '../src/core/quantity.ts';
import type { Census, Standing, Undrained, UndrainedState } from '../src/metrics/census.ts';
import { overSince, stageOf } from './binding/binding-facts.ts';
import { isExhausted } from './binding/drain/attempts.ts';
import { needsBinding } from './binding/orphan-plan.ts';
import { isHandedOver } from './binding/rescue/leave-report.ts';
import type { Caches } from './caches.ts';

const PHASES: readonly BindingPhase[] = [
  'Pending',
  'Ready',
  'OutOfUse',
  'FinalizerJobApplied',
  'FinalizerJobSucceeded',
  'FinalizerJobFailed',
  'Unknown',
  'PodMissing',
];

/**
 * How the bindings and claims of each FluentPVC stand, for metrics: one walk over what the caches have,
 * made when somebody asks.
 */
export function takeCensus({
  now,
  caches,
  isBraked,
}: {
  now: number;
  caches: {
    [Name in 'fluentPVCs' | 'bindings' | 'claims']: Pick<Caches[Name], 'get' | 'values'>;
  };
  isBraked: (fluentPVC: string) => boolean;
}): Census {
  const { fluentPVCs, bindings, claims } = caches;
  const census = new Map<string, Count>();
  const countOf = (fluentPVC: string): Count => {
    const known = census.get(fluentPVC);
    if (known !== undefined) return known;
    const made = noCount(isBraked(fluentPVC));
    census.set(fluentPVC, made);
    return made;
  };
  for (const { metadata } of fluentPVCs.values()) countOf(metadata.name);
  for (const binding of bindings.values()) {
    const key = keyOf(binding.metadata);
    countBinding(countOf(binding.spec.fluentPVC.name), binding, claims.get(key), now);
  }
  for (const claim of claims.values()) {
    // What its binding would say is not known: it is made anew, or waits for its FluentPVC.
    if (!needsBinding(claim) || bindings.get(keyOf(claim.metadata)) !== undefined) continue;
    const fluentPVC = claim.metadata.labels?.[labels.fluentPVC] ?? '';
    add(countOf(fluentPVC).undrained.waiting, claim, now - createdAt(claim));
  }
  return census;
}

/** A {@link Standing} that is being counted. */
interface Count extends Standing {
  phases: Map<string, number>;
  stalled: Map<string, number>;
}

function noCount(braked: boolean): Count {
  const nothing = (): Undrained => ({ claims: 0, bytes: 0, oldestMs: 0 });
  return {
    phases: new Map(PHASES.map((phase) => [phase, 0])),
    undrained: { inUse: nothing(), waiting: nothing() },
    writersMayBeAlive: 0,
    stalled: new Map(),
    exhausted: 0,
    braked,
  };
}

function countBinding(
  count: Count,
  binding: Stored<Binding>,
  claim: Stored<Claim> | undefined,
  now: number,
): void {
  const { phase = 'Pending', conditions } = binding.status ?? {};
  increment(count.phases, phase);
  // Another binding goes on with its volume, and is counted.
  const state = isHandedOver(binding) ? undefined : undrainedState(binding);
  if (state === undefined) return;
  const since = state === 'waiting' ? overSince(binding) : createdAt(binding);
  add(count.undrained[state], claim, now - since);
  if (state === 'inUse' && isTrue(conditions, 'WriterMayBeAlive')) count.writersMayBeAlive += 1;
  const stall = getCondition(conditions, 'DrainStalled');
  if (stall?.status === 'True') increment(count.stalled, stall.reason);
  if (isTrue(conditions, 'FinalizerJobFailed') && isExhausted(binding)) count.exhausted += 1;
}

function undrainedState(binding: Binding): UndrainedState | undefined {
  const stage = stageOf(binding);
  switch (stage) {
    case 'inUse':
      return 'inUse';
    case 'draining':
      return 'waiting';
    case 'releasing':
      return undefined;
    default:
      throw new Error(`no such stage: ${String(stage satisfies never)}`);
  }
}

function add(undrained: Undrained, claim: Stored<Claim> | undefined, ageMs: number): void {
  undrained.claims += 1;
  undrained.bytes += capacityOf(claim);
  undrained.oldestMs = Math.max(undrained.oldestMs, ageMs);
}

/** In bytes; 0 where there is no volume yet. */
function capacityOf(claim: Stored<Claim> | undefined): number {
  const { storage } = claim?.status?.capacity ?? {};
  return storage === undefined ? 0 : Number(nanos(String(storage)) / ONE);
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
