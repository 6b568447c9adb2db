import { describe, expect, test } from '@jest/globals';
import { labels } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { GuardOptions } from '../../src/core/guards.ts';
import { messageOf } from '../../src/errors.ts';
import { eventually } from '../support/eventually.ts';
import { labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import {
  bindingWith,
  claimWith,
  FAILING,
  openGuarded,
  podWith,
  removeAll,
  type Guarded,
} from './guarding.ts';
import { deleteNamespace, makeNamespace } from './namespaces.ts';
import { dryRun } from './requests.ts';

/* Guards that look at less: what is left out goes through, and nothing else. */
let on: Guarded;

const IN = { 'example.com/guarded': 'yes' };
const SKIP = 'example.com/skip';
const OUT = { [SKIP]: 'yes' };

/** Of what is tried: where it is, and whether it carries the label `OUT`. */
const SUBJECTS = ['plain', 'elsewhere', 'labelled'] as const;
type Subject = (typeof SUBJECTS)[number];

const elsewhere = (): string => `${on.api.namespace}-elsewhere`;
const namespaceOf = (subject: Subject): string =>
  subject === 'elsewhere' ? elsewhere() : on.api.namespace;
const marksOf = (subject: Subject): Record<string, string> => (subject === 'labelled' ? OUT : {});
const ref = <K extends 'Pod' | 'PersistentVolumeClaim'>(
  kind: K,
  subject: Subject,
): { kind: K; namespace: string; name: string } => ({
  kind,
  namespace: namespaceOf(subject),
  name: subject,
});

shared(async (parts) => {
  on = await openGuarded(parts);
  const { client, namespace } = on.api;
  await makeNamespace(on.api, elsewhere());
  const body = { metadata: { labels: IN } };
  await client.patch({ kind: 'Namespace', name: namespace }, { type: 'merge', body });
  parts.defer(async () => {
    await removeAll({ client, namespace: elsewhere() });
    await deleteNamespace({ ...on.api, namespace: elsewhere() });
  });
  for (const subject of SUBJECTS) {
    const where = namespaceOf(subject);
    const carried = claimWith(where, subject).metadata.labels;
    const claim = claimWith(where, subject, { labels: { ...carried, ...marksOf(subject) } });
    await client.create(claim);
    await client.create(podWith({ name: subject, namespace: where, labels: marksOf(subject) }));
  }
});

/** What each guard denies. */
const TRIES: Record<string, (subject: Subject) => Promise<unknown>> = {
  bindings: (subject) => create(bindingWith(namespaceOf(subject), 'forged'), subject),
  claims: (subject) => dryRun(on.user).delete(ref('PersistentVolumeClaim', subject)),
  'pod-marks': (subject) => label('Pod', subject, { [labels.binding]: 'another' }),
  // No webhook is here to see it: one that is not guarded starts without its claim.
  pods: (subject) => create(labelledPod({ namespace: namespaceOf(subject) }, 'logs'), subject),
};

function create(object: KubeObject, subject: Subject): Promise<unknown> {
  const { metadata } = object;
  const labelled = { ...metadata, labels: { ...metadata.labels, ...marksOf(subject) } };
  return dryRun(on.user).create({ ...object, metadata: labelled });
}

function label(
  kind: 'Pod' | 'PersistentVolumeClaim',
  subject: Subject,
  change: Record<string, string | null>,
): Promise<unknown> {
  return dryRun(on.user).patch(ref(kind, subject), { metadata: { labels: change } });
}

type Answer = 'free' | 'denied' | 'fails';

async function answer(attempt: Promise<unknown>, guard: string): Promise<Answer> {
  try {
    await attempt;
    return 'free';
  } catch (error) {
    const said = messageOf(error);
    if (!said.includes(`ValidatingAdmissionPolicy 'guards-test-${guard}'`)) throw error;
    return said.includes('no such key') ? 'fails' : 'denied';
  }
}

async function answers(subject: Subject): Promise<Record<string, Answer>> {
  const pairs = Object.entries(TRIES).map(async ([guard, attempt]) => {
    return [guard, await answer(attempt(subject), guard)] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

/** Bindings are orders to the operator: their guard is not narrowed. */
const all = (one: Answer): Record<string, Answer> => ({
  bindings: 'denied',
  claims: one,
  'pod-marks': one,
  pods: one,
});
const DENIED = all('denied');
const FREE = all('free');
const NO_CLAIMS: Record<string, Answer> = { ...DENIED, claims: 'free' };

async function narrow(
  options: Partial<GuardOptions>,
  expected: Record<Subject, Record<string, Answer>>,
): Promise<void> {
  await on.apply(options);
  await eventually('the guards to be like that', async () => {
    const found = await Promise.all(
      SUBJECTS.map(async (one) => [one, await answers(one)] as const),
    );
    expect(Object.fromEntries(found)).toEqual(expected);
    return true;
  });
}

describe('guards that are narrowed by', () => {
  test.each<
    [
      by: string,
      options: Partial<GuardOptions>,
      expected: [plain: object, elsewhere: object, labelled: object],
    ]
  >([
    ['nothing look at all of it', {}, [DENIED, DENIED, DENIED]],
    [
      'a label of namespaces leave the others alone',
      { narrowed: { namespaceSelector: { matchLabels: IN } } },
      [DENIED, FREE, DENIED],
    ],
    [
      'a label of objects leave those that carry it alone',
      { narrowed: { objectSelector: withoutSkip() } },
      [DENIED, DENIED, FREE],
    ],
    [
      'a label that objects must have leave all others alone',
      { narrowed: { objectSelector: { matchLabels: OUT } } },
      [FREE, FREE, DENIED],
    ],
    [
      'a condition leave alone what does not meet it',
      {
        narrowed: {
          matchConditions: [
            {
              name: 'is-no-claim',
              expression: 'request.resource.resource != "persistentvolumeclaims"',
            },
          ],
        },
      },
      [NO_CLAIMS, NO_CLAIMS, NO_CLAIMS],
    ],
    [
      'a condition that cannot be evaluated deny all of it',
      { narrowed: { matchConditions: FAILING } },
      [all('fails'), all('fails'), all('fails')],
    ],
    [
      'the same with failurePolicy Ignore leave all of it alone',
      { failurePolicy: 'Ignore', narrowed: { matchConditions: FAILING } },
      [FREE, FREE, FREE],
    ],
    [
      'failurePolicy Ignore alone deny what they can evaluate',
      { failurePolicy: 'Ignore' },
      [DENIED, DENIED, DENIED],
    ],
  ])('%s', async (_by, options, [plain, other, labelled]) => {
    await narrow(options, { plain, elsewhere: other, labelled } as Parameters<typeof narrow>[1]);
  });
});

describe('a claim that its label leaves out', () => {
  test('is looked at still in the request in which the label comes or goes', async () => {
    await narrow(
      { narrowed: { objectSelector: withoutSkip() } },
      { plain: DENIED, elsewhere: DENIED, labelled: FREE },
    );
    const claim = (subject: Subject, change: Record<string, string | null>): Promise<Answer> => {
      const ours = { [labels.binding]: 'another' };
      return answer(label('PersistentVolumeClaim', subject, { ...change, ...ours }), 'claims');
    };
    expect(await claim('plain', OUT)).toBe('denied');
    expect(await claim('labelled', { [SKIP]: null })).toBe('denied');
    expect(await claim('labelled', {})).toBe('free');
  });
});

function withoutSkip(): { matchExpressions: object[] } {
  return { matchExpressions: [{ key: SKIP, operator: 'DoesNotExist' }] };
}
