import { describe, expect, test } from '@jest/globals';
import { nameOf, resourceOf } from '../../hack/rbac.ts';
import { GROUP } from '../../src/api/names.ts';
import { resources } from '../../src/api/resources.ts';
import { permissions, type Place } from '../../src/kube/permissions.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { accountOf, openInstallation, RELEASE, type Installation } from './installation.ts';

/* Who may do what, as the API server decides it once the chart is installed. */
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
  on = await openInstallation(parts);
  const { kubectl, namespace } = on.api;
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

function namespaceOf(place: Place): string | undefined {
  return {
    cluster: undefined,
    'own namespace': on.namespace,
    'validation namespace': on.validationNamespace,
    'kube-node-lease': 'kube-node-lease',
    default: 'default',
  }[place];
}

function needed(only: 'rescue' | undefined): Question[] {
  return (
    permissions
      // The account of that one is there only while Helm uninstalls.
      .filter((row) => row.only === only && row.process !== 'check-uninstall')
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
      })
  );
}

test('the program may all that it does', async () => {
  const questions = needed(undefined);
  expect(await allowed(questions)).toEqual(questions);
});

/** `own`: in the release's namespace; nothing: anywhere. */
type Deed = [verbs: string, what: string, where?: 'own' | 'kube-node-lease'];

const NEVER: Deed[] = [
  ['get list watch create update patch delete', 'secrets'],
  ['get list create', 'secrets', 'own'],
  ['get create', 'configmaps', 'own'],
  ['create update patch deletecollection', 'pods'],
  ['create', 'pods', 'own'],
  ['create', 'pods/exec'],
  ['create', 'pods/ephemeralcontainers'],
  ['patch update', 'pods/status'],
  ['create update delete deletecollection', `fluentpvcs.${GROUP}`],
  ['update deletecollection', `fluentpvcbindings.${GROUP}`],
  ['update deletecollection', 'persistentvolumeclaims'],
  ['patch update', 'persistentvolumeclaims/status'],
  ['update deletecollection', 'jobs.batch'],
  ['create', 'deployments.apps'],
  ['list watch create update delete deletecollection', 'persistentvolumes'],
  ['list watch update patch delete', 'nodes'],
  ['create update patch delete', 'namespaces'],
  ['create', 'serviceaccounts/token', 'own'],
  ['impersonate', 'users'],
  ['impersonate', 'serviceaccounts'],
  ['bind escalate create update patch', 'clusterroles.rbac.authorization.k8s.io'],
  ['create update patch', 'clusterrolebindings.rbac.authorization.k8s.io'],
  ['create', 'rolebindings.rbac.authorization.k8s.io', 'own'],
  ['create patch delete', 'validatingadmissionpolicies.admissionregistration.k8s.io'],
  ['create patch delete', 'validatingadmissionpolicybindings.admissionregistration.k8s.io'],
  ['create patch delete', 'mutatingwebhookconfigurations.admissionregistration.k8s.io'],
  ['create patch delete', 'validatingwebhookconfigurations.admissionregistration.k8s.io'],
  ['create patch delete', 'customresourcedefinitions.apiextensions.k8s.io'],
  ['get update', 'leases.coordination.k8s.io:other', 'own'],
  ['list patch delete', 'leases.coordination.k8s.io', 'own'],
  ['create update patch delete', 'leases.coordination.k8s.io', 'kube-node-lease'],
];

test.each<['webhook' | 'controllers', Deed[]]>([
  [
    'webhook',
    [
      ...NEVER,
      ['patch', `fluentpvcs.${GROUP}`],
      ['patch update', `fluentpvcbindings.${GROUP}/status`],
      ['create patch delete', 'jobs.batch'],
      ['get delete', 'pods'],
      ['create', 'pods/eviction'],
      ['get', 'nodes'],
      ['create get update', 'leases.coordination.k8s.io', 'own'],
    ],
  ],
  [
    'controllers',
    [
      ...NEVER,
      ['get list', 'storageclasses.storage.k8s.io'],
      ['patch update', `fluentpvcs.${GROUP}/status`],
      ['get list watch update patch', 'leases.coordination.k8s.io'],
      ['list watch', 'customresourcedefinitions.apiextensions.k8s.io'],
    ],
  ],
])('the %s may nothing else', async (process, deeds) => {
  const questions = deeds.flatMap(([verbs, what, where]) =>
    verbs.split(' ').map((verb) => ({
      who: accountOf(on, process),
      verb,
      what,
      namespace: where === 'own' ? on.namespace : where,
    })),
  );
  expect(await allowed(questions)).toEqual([]);
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
