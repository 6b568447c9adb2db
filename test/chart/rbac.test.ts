import { describe, expect, test } from '@jest/globals';
import { peoplesRoles, programRoles, rules, type RoleGroup, type Rule } from '../../hack/rbac.ts';
import { GROUP } from '../../src/api/names.ts';
import { resources } from '../../src/api/resources.ts';
import { CERTIFICATE, INSTANCE, permissions } from '../../src/kube/permissions.ts';

interface Role {
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  rules?: Rule[];
  roleRef?: { kind: string; name: string };
  subjects?: { name: string; namespace: string }[];
}

const installation = { instance: 'mine', namespace: 'ops', validationNamespace: 'trials' };
const hook = { 'helm.sh/hook': 'pre-delete' };
const rolesOf = (groups: readonly RoleGroup[], when: RoleGroup['when']): Role[] =>
  groups.filter((group) => group.when === when).flatMap(({ objects }) => objects as Role[]);
const whole = programRoles(installation, hook);
const always = rolesOf(whole, 'always');
const rescue = rolesOf(whole, 'rescue');
const uninstall = rolesOf(whole, 'uninstall');
const selfManaged = rolesOf(whole, 'selfManaged');
const people = peoplesRoles(installation) as Role[];
const called = ({ kind, metadata: { namespace = '', name } }: Role): string =>
  [kind, ...(namespace === '' ? [] : [namespace]), name].join(' ');

describe('the roles of the program', () => {
  test('are one a process and place', () => {
    expect(always.map(called)).toEqual([
      'ClusterRole mine-webhook',
      'ClusterRoleBinding mine-webhook',
      'Role trials mine-webhook',
      'RoleBinding trials mine-webhook',
      'ClusterRole mine-controllers',
      'ClusterRoleBinding mine-controllers',
      'Role kube-node-lease mine-controllers',
      'RoleBinding kube-node-lease mine-controllers',
      'Role default mine-controllers',
      'RoleBinding default mine-controllers',
      'Role ops mine-controllers',
      'RoleBinding ops mine-controllers',
      'Role trials mine-check-install',
      'RoleBinding trials mine-check-install',
      'Role ops mine-check-install',
      'RoleBinding ops mine-check-install',
    ]);
    expect(uninstall.map(called)).toEqual([
      'ClusterRole mine-check-uninstall',
      'ClusterRoleBinding mine-check-uninstall',
    ]);
    expect(rescue.map(called)).toEqual([
      'ClusterRole mine-controllers-rescue',
      'ClusterRoleBinding mine-controllers-rescue',
    ]);
    expect(selfManaged.map(called)).toEqual([
      'Role ops mine-webhook-certificate',
      'RoleBinding ops mine-webhook-certificate',
      'ClusterRole mine-webhook-certificate',
      'ClusterRoleBinding mine-webhook-certificate',
    ]);
  });

  test('are each bound to the account of their process', () => {
    const bindings = [...always, ...rescue, ...selfManaged, ...uninstall].filter(
      ({ roleRef }) => roleRef !== undefined,
    );
    for (const { metadata, kind, roleRef, subjects } of bindings) {
      expect(roleRef).toMatchObject({ kind: kind.replace('Binding', ''), name: metadata.name });
      const process = /(webhook|controllers|check-.*)/.exec(
        metadata.name.replace(/-(rescue|certificate)$/, ''),
      )?.[0];
      expect(subjects).toEqual([
        { kind: 'ServiceAccount', name: `mine-${process ?? ''}`, namespace: 'ops' },
      ]);
    }
  });

  test('of who is asked before an uninstallation are there only meanwhile, and only read', () => {
    expect(uninstall.map(({ metadata }) => metadata.annotations)).toEqual([hook, hook]);
    const verbs = uninstall.flatMap((role) => (role.rules ?? []).flatMap((rule) => rule.verbs));
    expect(new Set(verbs)).toEqual(new Set(['list']));
  });

  const all = [...always, ...rescue, ...selfManaged, ...uninstall, ...people].flatMap((role) =>
    (role.rules ?? []).map((rule) => ({ role: called(role), rule })),
  );

  test.each(all)('$role: $rule.resources by its name, no wildcard', ({ rule }) => {
    const words = [...rule.apiGroups, ...rule.resources, ...rule.verbs];
    expect(words.filter((word) => word.includes('*'))).toEqual([]);
    expect(rule.verbs.length).toBeGreaterThan(0);
  });

  test('touch no Secret but that of the certificate, which is made under any name', () => {
    const touching = all.filter(({ rule }) => rule.resources.includes('secrets'));
    expect(
      touching.map(({ role, rule: { verbs, resourceNames } }) => ({ role, verbs, resourceNames })),
    ).toEqual([
      { role: 'Role ops mine-webhook-certificate', verbs: ['create'], resourceNames: undefined },
      {
        role: 'Role ops mine-webhook-certificate',
        verbs: ['get', 'list', 'watch', 'patch'],
        resourceNames: ['mine-webhook-certificate'],
      },
    ]);
  });

  test('write to FluentPVCs by the controllers only, and only what keeps them', () => {
    const writing = all.filter(
      ({ rule: { resources, verbs } }) =>
        resources.includes('fluentpvcs') &&
        verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)),
    );
    expect(writing).toEqual([
      {
        role: 'ClusterRole mine-controllers',
        rule: { apiGroups: [GROUP], resources: ['fluentpvcs'], verbs: ['list', 'watch', 'patch'] },
      },
    ]);
  });

  test('let nobody but the controllers write what the guards believe', () => {
    const status = all.filter(({ rule }) => rule.resources.includes('fluentpvcbindings/status'));
    expect(status.map(({ role }) => role)).toEqual(['ClusterRole mine-controllers']);
  });

  test('make Pods in the validation namespace only, where dry runs are', () => {
    const making = all.filter(
      ({ rule: { resources, verbs } }) => resources.includes('pods') && verbs.includes('create'),
    );
    expect(making.map(({ role }) => role)).toEqual([
      'Role trials mine-webhook',
      'Role trials mine-check-install',
    ]);
  });

  test('touch PersistentVolumes only where volumes are rescued', () => {
    const touching = all.filter(({ rule }) => rule.resources.includes('persistentvolumes'));
    expect(touching.map(({ role }) => role)).toEqual(['ClusterRole mine-controllers-rescue']);
  });
});

describe('where the operator works for some namespaces only', () => {
  const limited = programRoles({ ...installation, eachNamespace: 'shop' }, hook);
  const clusterRoles = limited.flatMap(({ objects }) =>
    (objects as Role[]).filter(({ kind }) => kind === 'ClusterRole'),
  );
  const rightsOf = (groups: readonly RoleGroup[]): string[] =>
    groups.flatMap(({ process, objects }) =>
      (objects as Role[]).flatMap((one) =>
        (one.rules ?? []).map((rule) => `${process} ${JSON.stringify(rule)}`),
      ),
    );

  test('nothing that is in namespaces is left to a ClusterRole, but one Lease by its name', () => {
    const namespaced = new Set<string>(
      Object.values(resources).flatMap((one) => (one.namespaced ? [one.plural] : [])),
    );
    const left = clusterRoles
      .flatMap((one) => one.rules ?? [])
      .filter((one) => one.resources.some((name) => namespaced.has(name.split('/')[0] ?? '')));
    expect(left).toMatchObject([{ resources: ['leases'], verbs: ['list'] }]);
    expect(left[0]?.resourceNames).toHaveLength(1);
  });

  test('it has the same rights, each in fewer places', () => {
    expect(rightsOf(limited).toSorted()).toEqual(rightsOf(whole).toSorted());
  });

  test('there is one Role a process, for each namespace', () => {
    const each = limited.filter((group) => group.each).flatMap(({ objects }) => objects as Role[]);
    expect(each.map(called).filter((name) => name.startsWith('Role '))).toEqual([
      'Role shop mine-webhook-namespaced',
      'Role shop mine-controllers-namespaced',
      'Role shop mine-controllers-rescue-namespaced',
      'Role shop mine-check-uninstall-namespaced',
    ]);
  });
});

describe('rules', () => {
  test('have each verb of a resource once, and the name where there is one', () => {
    const scope = { process: 'controllers', where: 'cluster', why: '' } as const;
    expect(
      rules(
        [
          { ...scope, kind: 'Pod', verbs: ['delete', 'get'] },
          { ...scope, kind: 'Pod', subresource: 'eviction', verbs: ['create'] },
          { ...scope, kind: 'Pod', verbs: ['get', 'list'] },
          { ...scope, kind: 'Lease', named: INSTANCE, verbs: ['update'] },
          { ...scope, kind: 'Lease', named: 'other', verbs: ['list'] },
          { ...scope, kind: 'Secret', named: CERTIFICATE, verbs: ['watch'] },
        ],
        { instance: 'mine' },
      ),
    ).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'delete'] },
      { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['mine'],
        verbs: ['update'],
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['other'],
        verbs: ['list'],
      },
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['mine-webhook-certificate'],
        verbs: ['watch'],
      },
    ]);
  });
});

test('the same right is not asked for twice for the same reason', () => {
  const rows = permissions.map((row) => JSON.stringify(row));
  expect(new Set(rows).size).toBe(rows.length);
});
