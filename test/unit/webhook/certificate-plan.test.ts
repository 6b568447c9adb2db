import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  certificatePlan,
  isTrusted,
  LIFETIME_MS,
  ownCAs,
  RETIRE_MS,
  SETTLE_MS,
  storeFresh,
  strangersIn,
  type CertificateObservation,
} from '../../../webhook/certificate-plan.ts';
import { trustedByAll } from '../../../webhook/ca-bundle.ts';
import { HOST, Letters, OF, secretOf } from '../../support/certifying.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const DAY_MS = 24 * 3600 * 1000;
const letters = new Letters();

beforeAll(async () => {
  await letters.make('A', START);
  await letters.make('BC', START + 60 * DAY_MS);
  await letters.make('O', START, ['other.example']);
});

interface Seen {
  /** Letters of the Secret; a Secret as it is; absent: there is none. */
  secret?: string | ReturnType<typeof secretOf>;
  /** What the mutating and the validating webhook trust; absent: there are no configurations. */
  bundles?: [mutating: string, validating: string];
  /** For how long the API server has trusted each, and nobody here has used it; all: for ever. */
  trustedMs?: Record<string, number>;
  strangeMs?: Record<string, number>;
  serving?: string;
  /** Since A was made. */
  days?: number;
}

function observation(seen: Seen): CertificateObservation {
  const { secret, bundles, trustedMs = {}, strangeMs = {}, serving, days = 1 } = seen;
  const configurations = (bundles ?? []).map((bundle, index) =>
    letters.configuration(`${index === 0 ? 'Mutating' : 'Validating'}WebhookConfiguration`, bundle),
  );
  const sight = {
    now: START + days * DAY_MS,
    hosts: [HOST],
    secret: typeof secret === 'string' ? letters.secret(secret) : secret,
    serving: serving === undefined ? undefined : letters.of(serving),
  };
  const times = (cas: Set<string>, known: Record<string, number>): Map<string, number> =>
    new Map([...cas].map((ca) => [ca, known[letters.name(ca)] ?? RETIRE_MS * 10]));
  return {
    ...sight,
    of: OF,
    configurations,
    trustedMs: times(trustedByAll(configurations), trustedMs),
    strangeMs: times(strangersIn(configurations, ownCAs(sight)), strangeMs),
  };
}

/** What it comes to: letters of what is served, and of what is written. */
function outcome(seen: Seen): { serve: string; does: string[]; again?: number | undefined } {
  const observed = observation(seen);
  const { serve, issue, writes, requeueAfterMs } = certificatePlan(observed);
  const does = issue ? [storeFresh(observed, letters.of('C'))] : writes;
  return {
    serve: serve === undefined ? '' : letters.name(serve.cert),
    does: does.map((write) => `${issue ? 'make C: ' : ''}${letters.say(write)}`),
    ...(requeueAfterMs === undefined ? {} : { again: requeueAfterMs }),
  };
}

const BOTH: [string, string] = ['AB', 'AB'];

describe('in the course of a renewal', () => {
  test.each<[string, Seen, serve: string, does: string[]]>([
    ['an empty cluster gets a Secret', { bundles: ['', ''] }, '', ['make C: create Secret C']],
    [
      'what is in the Secret is trusted next, and can be served meanwhile: nobody calls us by another',
      { secret: 'A', bundles: ['', ''] },
      'A',
      ['Mutating A', 'Validating A'],
    ],
    [
      'once it is trusted, there is nothing to do',
      { secret: 'A', bundles: ['A', 'A'], serving: 'A' },
      'A',
      [],
    ],
    [
      'a third before its end another one is put behind it',
      { secret: 'A', bundles: ['A', 'A'], serving: 'A', days: 60 },
      'A',
      ['make C: Secret AC'],
    ],
    [
      'whose CA is added to what is trusted',
      { secret: 'AB', bundles: ['A', 'A'], serving: 'A', days: 60 },
      'A',
      ['Mutating AB', 'Validating AB'],
    ],
    [
      'to each configuration that lacks it',
      { secret: 'AB', bundles: ['BA', 'A'], serving: 'A', days: 60 },
      'A',
      ['Validating AB'],
    ],
    [
      'it is not served before all API servers must have seen that',
      { secret: 'AB', bundles: BOTH, trustedMs: { B: SETTLE_MS - 1 }, serving: 'A', days: 60 },
      'A',
      [],
    ],
    [
      'then it is, and takes the place of the first',
      { secret: 'AB', bundles: BOTH, trustedMs: { B: SETTLE_MS }, serving: 'A', days: 60 },
      'B',
      ['Secret B'],
    ],
    [
      'whose CA is still trusted, for who has not heard of it',
      { secret: 'B', bundles: BOTH, strangeMs: { A: RETIRE_MS - 1 }, serving: 'B', days: 60 },
      'B',
      [],
    ],
    [
      'until nobody can serve it any more',
      { secret: 'B', bundles: BOTH, strangeMs: { A: RETIRE_MS }, serving: 'B', days: 60 },
      'B',
      ['Mutating B', 'Validating B'],
    ],
  ])('%s', (_, seen, serve, does) => {
    expect(outcome(seen)).toMatchObject({ serve, does });
  });
});

describe('a replica', () => {
  test.each<[string, Seen, serve: string, does: string[]]>([
    [
      'that starts in between serves what is trusted for longer',
      { secret: 'AB', bundles: BOTH, trustedMs: { A: 0, B: 0 }, days: 60 },
      'A',
      [],
    ],
    [
      'that starts at rest serves at once',
      { secret: 'A', bundles: ['A', 'A'], trustedMs: { A: 0 } },
      'A',
      [],
    ],
    [
      'that another one is ahead of keeps its own until it has itself seen the other trusted for long enough',
      { secret: 'B', bundles: BOTH, trustedMs: { A: 1e6, B: 1 }, strangeMs: {}, serving: 'A' },
      'A',
      [],
    ],
    [
      'that has not heard of the renewal has its CA put back',
      { secret: 'A', bundles: ['B', 'B'], strangeMs: { B: 0 }, serving: 'A', days: 59 },
      'A',
      ['Mutating AB', 'Validating AB'],
    ],
    [
      'that was never told of a configuration serves what there is',
      { secret: 'A', serving: 'A' },
      'A',
      [],
    ],
    [
      'with a clock that is a day behind uses what another one made',
      { secret: 'AB', bundles: BOTH, serving: 'A', days: 59 },
      'B',
      ['Secret B'],
    ],
  ])('%s', (_, seen, serve, does) => {
    expect(outcome(seen)).toMatchObject({ serve, does });
  });
});

describe('of a Secret', () => {
  test.each<[string, Seen, serve: string, does: string[]]>([
    [
      'that somebody deleted, what is in use is put back with another one behind it',
      { bundles: ['A', 'A'], serving: 'A' },
      'A',
      ['make C: create Secret AC'],
    ],
    [
      'that was emptied, the same',
      { secret: '', bundles: ['A', 'A'], serving: 'A' },
      'A',
      ['make C: Secret AC'],
    ],
    [
      'that is empty, and nothing is in use: a first one is made',
      { secret: '', bundles: ['A', 'A'] },
      '',
      ['make C: Secret C'],
    ],
    [
      'that holds nonsense, the same',
      { secret: secretOf({ 'tls.crt': 'bm9uc2Vuc2U=', 'tls.key': '' }), bundles: ['', ''] },
      '',
      ['make C: Secret C'],
    ],
    ['for other hosts, the same', { secret: 'O', bundles: ['O', 'O'] }, '', ['make C: Secret C']],
    [
      'whose certificate has ended, the same',
      { secret: 'A', bundles: ['A', 'A'], serving: 'A', days: 91 },
      'A',
      ['make C: Secret C'],
    ],
    [
      'whose certificate has ended while another one waits, that one is used',
      { secret: 'AB', bundles: ['', ''], serving: 'A', days: 91 },
      'B',
      ['Mutating B', 'Validating B'],
    ],
    [
      'and takes its place whether it is trusted for long or not',
      { secret: 'AB', bundles: BOTH, trustedMs: { B: 0 }, serving: 'B', days: 91 },
      'B',
      ['Secret B'],
    ],
    [
      'whose second part is of nobody, the first one is used',
      { secret: 'AO', bundles: ['A', 'A'], serving: 'A' },
      'A',
      [],
    ],
  ])('%s', (_, seen, serve, does) => {
    expect(outcome(seen)).toMatchObject({ serve, does });
  });
});

describe('of what is trusted', () => {
  test.each<[string, Seen, does: string[]]>([
    [
      'what somebody took away is put back',
      { secret: 'A', bundles: ['A', ''], serving: 'A' },
      ['Validating A'],
    ],
    [
      'somebody else’s CA stays for a while: it may be that of another version, or way',
      { secret: 'A', bundles: ['OA', 'A'], strangeMs: { O: RETIRE_MS - 1 }, serving: 'A' },
      [],
    ],
    [
      'and goes',
      { secret: 'A', bundles: ['OA', 'A'], strangeMs: { O: RETIRE_MS }, serving: 'A' },
      ['Mutating A'],
    ],
    [
      'it stays beside ours',
      { secret: 'A', bundles: ['O', 'O'], strangeMs: { O: 0 }, serving: 'A' },
      ['Mutating AO', 'Validating AO'],
    ],
    [
      'a CA that we use is no stranger, whoever put it there',
      { secret: 'B', bundles: BOTH, serving: 'A' },
      [],
    ],
  ])('%s', (_, seen, does) => {
    expect(outcome(seen).does).toEqual(does);
  });
});

describe('it looks again', () => {
  test.each<[string, Seen, again: number]>([
    ['within the hour: somebody may set the clock', { secret: 'A', bundles: ['A', 'A'] }, 3600_000],
    [
      'when a third of its life is left',
      { secret: 'A', bundles: ['A', 'A'], days: 60 - 1 / 48 },
      1800_000,
    ],
    [
      'when the next one has been trusted for long enough',
      { secret: 'AB', bundles: BOTH, trustedMs: { B: 20_000 }, days: 60 },
      SETTLE_MS - 20_000,
    ],
    [
      'when nobody can serve the former one any more',
      { secret: 'B', bundles: BOTH, strangeMs: { A: RETIRE_MS - 5_000 }, days: 60 },
      5_000,
    ],
  ])('%s', (_, seen, again) => {
    const { again: due, does } = outcome(seen);
    expect(does).toEqual([]);
    expect(Math.round((due ?? 0) / 1000)).toBe(again / 1000);
  });
});

test('a certificate is trusted if every configuration there is trusts it', () => {
  const trusted = (bundles: [string, string] | undefined): boolean => {
    const { trustedMs } = observation(bundles === undefined ? {} : { bundles });
    return isTrusted(letters.of('A'), trustedMs);
  };
  expect(
    [
      ['A', 'BA'],
      ['A', ''],
      ['', ''],
    ].map((bundles) => trusted(bundles as [string, string])),
  ).toEqual([true, false, false]);
  expect(trusted(undefined)).toBe(false);
});

test('a certificate lives for 90 days', () => {
  expect(letters.of('A').notAfter.getTime()).toBe(START + LIFETIME_MS);
  expect(LIFETIME_MS).toBe(90 * DAY_MS);
});
