import { describe, expect, test } from '@jest/globals';
import { DRAINED, finalizers, labels } from '../../../src/api/names.ts';
import type { KubeObject } from '../../../src/api/object.ts';
import { checkUninstall } from '../../../src/check/uninstall.ts';
import { UserError } from '../../../src/errors.ts';
import { make, NAME } from '../../support/make.ts';
import { memoryApi, refusal, type MemoryApi } from '../../support/memory-api.ts';

/** What it says; the last line is the reason where it refuses. */
async function asked(api: MemoryApi, crdsGo = false): Promise<{ said: string[]; why: string }> {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const why = await checkUninstall({ client: api, crdsGo, say }).then(
    () => '',
    (error: unknown) => {
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({ code: 'StillNeeded' });
      return String(error);
    },
  );
  expect(api.writes).toEqual([]);
  return { said, why };
}

const held = make.fluentPVC({ metadata: { finalizers: [finalizers.fluentPVC] } });
const foreign = make.claim({ metadata: { finalizers: [finalizers.claimInUse] } });
const keptClaim = make.claim({ metadata: { labels: { [labels.state]: DRAINED } } });

describe('an uninstallation is refused, and nothing is taken away, with', () => {
  interface Case {
    there: KubeObject[];
    crdsGo?: boolean;
    says: string;
  }
  const cases: Record<string, Case> = {
    'a binding': {
      there: [make.binding({ status: { phase: 'Ready' } }), make.claim()],
      says: `binding shop/${NAME}: Ready, Pod "app-0"`,
    },
    'a binding of a Pod that was not seen yet': {
      there: [make.binding({ spec: { pod: { name: '', uid: '' } } })],
      says: `binding shop/${NAME}: Pending`,
    },
    'a PVC whose binding is lost': {
      there: [make.claim()],
      says: `PVC shop/${NAME}: has our finalizer, and no binding`,
    },
    'a PVC that the original operator left, without a label': {
      there: [make.claim({ metadata: { labels: {} } })],
      says: `PVC shop/${NAME}: has our finalizer, and no binding`,
    },
    'a FluentPVC, where its definition goes as well': {
      there: [held],
      crdsGo: true,
      says: 'FluentPVC logs: would hold its definition for ever',
    },
  };
  test.each(Object.entries(cases))('%s', async (_called, { there, crdsGo, says }) => {
    const { said, why } = await asked(memoryApi(...there), crdsGo);
    expect(said).toEqual([says]);
    expect(why).toContain('not uninstalled: 1 of its objects');
    expect(why).toContain('helm uninstall --no-hooks');
    expect(why.includes('delete the FluentPVCs')).toBe(crdsGo === true);
  });

  test('many of them: not all are named, and all are counted', async () => {
    const there = Array.from({ length: 25 }, (_, index) =>
      make.claim({ metadata: { name: `lost-${index}` } }),
    );
    const { said, why } = await asked(memoryApi(...there));
    expect(said).toHaveLength(21);
    expect(said.at(-1)).toBe('and 5 more');
    expect(why).toContain('25 of its objects');
  });
});

describe('an uninstallation goes on with', () => {
  test.each<[string, KubeObject[]]>([
    ['nothing', []],
    ['PVCs of others', [foreign]],
    ['a PVC that was drained and is kept', [keptClaim]],
    ['a FluentPVC that nobody used', [make.fluentPVC()]],
  ])('%s', async (_called, there) => {
    expect(await asked(memoryApi(...there))).toEqual({
      said: ['nothing waits for a drain'],
      why: '',
    });
  });

  test('a FluentPVC, and says that it cannot be deleted afterwards', async () => {
    const { said, why } = await asked(memoryApi(held));
    expect(why).toBe('');
    expect(said.at(-1)).toMatch(/^these FluentPVCs stay.*: logs$/);
  });

  test('definitions that are gone already', async () => {
    const api = memoryApi();
    api.refuse = ({ kind }) =>
      kind.startsWith('FluentPVC') ? refusal(404, 'NotFound') : undefined;
    expect((await asked(api)).why).toBe('');
  });
});

test('who may not look does not say that all is well', async () => {
  const api = memoryApi();
  api.refuse = () => refusal(403, 'Forbidden');
  const say = (): void => undefined;
  await expect(checkUninstall({ client: api, crdsGo: false, say })).rejects.toThrow('Forbidden');
});
