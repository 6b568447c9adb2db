import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import { buildTrials, type Trial } from '../../src/core/trial.ts';
import { make } from './make.ts';
import './one-realm.ts';

/** A FluentPVC with that in its spec, as JSON has it. */
export function tried(spec: object = {}): FluentPVC {
  const fluentPVC = make.fluentPVC({ spec: spec });
  return JSON.parse(JSON.stringify(fluentPVC)) as FluentPVC;
}

/** What is made of it to be tried. */
export function trialOf<K extends Trial['of']>(
  of: K,
  fluentPVC: FluentPVC,
): Extract<Trial, { of: K }> {
  const trials = buildTrials(fluentPVC, 'trials', make.defaults);
  const found = trials.find((trial) => trial.of === of);
  if (found === undefined) throw new Error(`no ${of} is tried`);
  return found as Extract<Trial, { of: K }>;
}
