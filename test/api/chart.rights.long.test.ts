import { describe, expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { join } from 'node:path';
import { nameOf, resourceOf } from '../../hack/rbac.ts';
import { GROUP } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { resources } from '../../src/api/resources.ts';
import { permissions, type Only, type Place, type Process } from '../../src/kube/permissions.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { accountOf, openSelfManaged, RELEASE, type Installation } from './installation.ts';
import { EXCEPT, NEVER, type Deed } from './never.ts';

/* Who may do what, as the API server decides it once the chart is installed with its defaults. */
let on: Installation;

/** May `who` do that? In all namespaces where there is none. */
interface Question {
  who: string;
  verb: string;
  /** As RBAC names it, with its group and a name: `jobs.batch`, `pods/eviction`, `secrets:mine`. */
  what: string;
  namespace?: string | undefined;
}

/** Which of the questions the API server answers with yes: all in one call. */
async function allowed(questions: readonly Question[]): Promise<Question[]> {
  const items = questions.map(({ who, verb, what, namespace }) => {
    const [full = '', name] = what.split(':');
    const [dotted = '', subresource] = full.split('/');
    const [resource = '', ...group] = dotted.split('.');
    return {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        user: who,
        groups: ['system:authenticated'],
        resourceAttributes: {
          verb,
          group: group.join('.'),
          resource,
          subresource,
          name,
          namespace,
        },
      },
    };
  });
  const each = '--output=jsonpath={.status.allowed}{"\\n"}';
  const said = await on.api.kubectl.feed('create', each, { apiVersion: 'v1', kind: 'List', items });
  const answers = said.trim().split('\n');
  expect(answers).toHaveLength(questions.length);
  return questions.filter((_question, index) => answers[index] === 'true');
}

shared(async (parts) => {
  on = await openSelfManaged(parts);
  const { kubectl, namespace } = on.api;
  parts.defer(await openUninstallation());
  for (const [role, who] of [
    ['view', 'viewer'],
    ['admin', 'boss'],
    [`${RELEASE}-operate`, 'helper'],
  ] as const) {
    await kubectl('create', 'rolebinding', who, `--clusterrole=${role}`, `--user=${who}`);
  }
  await kubectl('create', 'clusterrolebinding', namespace, '--clusterrole=admin', '--user=chief');
  parts.defer(async () => {
    await kubectl('delete', 'clusterrolebinding', namespace);
  });
  await eventually('the roles of people to be filled', async () => {
    const what = `fluentpvcbindings.${GROUP}`;
    return (await allowed([{ who: 'viewer', verb: 'get', what, namespace }])).length === 1;
  });
});

/**
 * Gives the account of `check-uninstall` its rights, as Helm does while it uninstalls. Returns what takes
 * them away.
 */
async function openUninstallation(): Promise<() => Promise<void>> {
  const { kubectl } = on.api;
  const hooks = await on.helm('get', 'hooks', RELEASE, `--namespace=${on.namespace}`);
  const items = (loadAll(hooks) as (KubeObject | null)[]).filter(
    (object) => object?.apiVersion.startsWith('rbac.') === true,
  );
  expect(items.map((object) => object?.kind).toSorted()).toEqual([
    'ClusterRole',
    'ClusterRoleBinding',
  ]);
  const list = { apiVersion: 'v1', kind: 'List', items };
  await kubectl.feed('create', '--output=name', list);
  return async () => {
    const names = ['clusterrole', 'clusterrolebinding'].map(
      (kind) => `${kind}/${RELEASE}-check-uninstall`,
    );
    await kubectl('delete', ...names);
  };
}

function namespaceOf(place: Place): string | undefined {
  return {
    cluster: undefined,
    'own namespace': on.namespace,
    'validation namespace': on.validationNamespace,
    'kube-node-lease': 'kube-node-lease',
    default: 'default',
  }[place];
}

function needed(...only: (Only | undefined)[]): Question[] {
  return permissions
    .filter((row) => only.includes(row.only))
    .flatMap((row) => {
      const [plural = '', ...sub] = resourceOf(row).split('/');
      const what = [[plural, resources[row.kind].group].filter(Boolean).join('.'), ...sub].join(
        '/',
      );
      return row.verbs.map((verb) => ({
        who: accountOf(on, row.process),
        verb,
        what: row.named === undefined ? what : `${what}:${nameOf(row.named, RELEASE)}`,
        namespace: namespaceOf(row.where),
      }));
    });
}

test('the program may all that it does', async () => {
  const questions = needed(undefined, 'selfManaged');
  expect(await allowed(questions)).toEqual(questions);
});

function questionsOf(process: Process, deeds: readonly Deed[]): Question[] {
  return deeds.flatMap(([verbs, what, where]) =>
    verbs.split(' ').map((verb) => ({
      who: accountOf(on, process),
      verb,
      what,
      namespace: where === undefined ? undefined : namespaceOf(where),
    })),
  );
}

test.each(NEVER)('%s may nothing else', async (process, deeds) => {
  const excepted = questionsOf(process, EXCEPT[process] ?? []);
  expect(await allowed(questionsOf(process, deeds))).toEqual(excepted);
});

describe('of people', () => {
  const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  const of = async (who: string, what: string, namespace?: string): Promise<string> => {
    const yes = await allowed(VERBS.map((verb) => ({ who, verb, what, namespace })));
    return yes.map(({ verb }) => verb).join(' ');
  };

  test.each([
    ['who may view a namespace', 'viewer', 'get list watch'],
    ['who is its admin', 'boss', 'get list watch'],
    ['who helps in it', 'helper', 'get list watch patch'],
    ['nobody', 'nobody', ''],
  ])('%s may of bindings: %s', async (_called, who, verbs) => {
    const { namespace } = on.api;
    expect(await of(who, `fluentpvcbindings.${GROUP}`, namespace)).toBe(verbs);
    expect(await of(who, `fluentpvcbindings.${GROUP}/status`, namespace)).toBe('');
  });

  test('who is admin of all namespaces may look at FluentPVCs, and write none', async () => {
    expect(await of('chief', `fluentpvcs.${GROUP}`)).toBe('get list watch');
  });
});

describe('rescue', () => {
  test('is what the controllers may touch volumes for, and no more of them', async () => {
    const questions = needed('rescue');
    expect(await allowed(questions)).toEqual(questions);
    const never = ['list', 'watch', 'create', 'update', 'delete'].map((verb) => ({
      who: accountOf(on, 'controllers'),
      verb,
      what: 'persistentvolumes',
    }));
    const webhook = { who: accountOf(on, 'webhook'), verb: 'get', what: 'persistentvolumes' };
    expect(await allowed([...never, webhook])).toEqual([]);
  });

  test('is switched off with its rights, and leaves its namespace: there may be data in it', async () => {
    await on.upgrade('--set=rescue.enabled=false');
    await eventually('the rights to go', async () => {
      expect(await allowed(needed('rescue'))).toEqual([]);
      return true;
    });
    const { kubectl } = on.api;
    const namespace = ['namespace', on.rescueNamespace];
    expect(await kubectl('get', ...namespace, '-o', 'name')).toContain(on.rescueNamespace);
  });
});

test('a certificate that is brought along takes the rights away that making one needs', async () => {
  const caBundle = join(on.folder, 'ca.crt');
  const brought = [
    '--set=certificate.secretName=webhook',
    `--set-file=certificate.caBundle=${caBundle}`,
  ];
  await on.upgrade(...brought);
  await eventually('the rights to go', async () => {
    expect(await allowed(needed('selfManaged'))).toEqual([]);
    return true;
  });
  for (const [process, deeds] of NEVER) {
    expect(await allowed(questionsOf(process, deeds))).toEqual([]);
  }
});
