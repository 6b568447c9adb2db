import { resources } from '../src/api/resources.ts';
import { APP_NAME, INSTANCE_LABEL, NAME_LABEL } from '../src/core/registration.ts';
import {
  INSTANCE,
  permissions,
  type Permission,
  type Place,
  type Verb,
} from '../src/kube/permissions.ts';

/** What is rendered into Roles of an installation. */
export interface Installation {
  instance: string;
  namespace: string;
  validationNamespace: string;
}

/** See `kubectl explain clusterrole.rules`. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

const VERBS: readonly Verb[] = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
const RBAC = 'rbac.authorization.k8s.io';

/** The program's own roles, each with its binding; those of `rescue` are for who rescues volumes. */
export function programRoles(of: Installation): { always: object[]; rescue: object[] } {
  const groups = Map.groupBy(permissions, ({ process, where, only = '' }) =>
    [process, where, only].join(),
  );
  const built = [...groups.values()].map((group) => ({
    only: group[0]?.only,
    objects: roleAndBinding(group, of),
  }));
  const objectsOf = (only: 'rescue' | undefined): object[] =>
    built.filter((role) => role.only === only).flatMap(({ objects }) => objects);
  return { always: objectsOf(undefined), rescue: objectsOf('rescue') };
}

/**
 * Roles for people; no account has them by itself, but who may view a namespace may view what is ours
 * in it. None may write FluentPVCs: who does, runs any Job in every namespace.
 */
export function peoplesRoles({ instance }: Pick<Installation, 'instance'>): object[] {
  const { FluentPVC, FluentPVCBinding } = resources;
  const view = rule(
    FluentPVC.group,
    [FluentPVC.plural, FluentPVCBinding.plural],
    ['get', 'list', 'watch'],
  );
  // The guards leave people the annotations.
  const operate = rule(FluentPVCBinding.group, [FluentPVCBinding.plural], ['patch']);
  const aggregated = { [`${RBAC}/aggregate-to-view`]: 'true' };
  return [
    role('ClusterRole', { name: `${instance}-view`, labels: aggregated }, instance, [view]),
    role('ClusterRole', { name: `${instance}-operate` }, instance, [view, operate]),
  ];
}

function roleAndBinding(group: readonly Permission[], of: Installation): object[] {
  const [{ process, where, only } = {}] = group;
  if (process === undefined || where === undefined) return [];
  const name = [of.instance, process, ...(only === undefined ? [] : [only])].join('-');
  const namespace = namespaceOf(where, of);
  const metadata = namespace === undefined ? { name } : { name, namespace };
  const prefix = namespace === undefined ? 'Cluster' : '';
  return [
    role(`${prefix}Role`, metadata, of.instance, rules(group, of)),
    {
      ...role(`${prefix}RoleBinding`, metadata, of.instance),
      roleRef: { apiGroup: RBAC, kind: `${prefix}Role`, name },
      subjects: [
        { kind: 'ServiceAccount', name: `${of.instance}-${process}`, namespace: of.namespace },
      ],
    },
  ];
}

/** One rule a resource, with all verbs that are asked for somewhere. */
export function rules(
  group: readonly Permission[],
  { instance }: Pick<Installation, 'instance'>,
): Rule[] {
  const byResource = Map.groupBy(group, ({ kind, subresource = '', named = '' }) =>
    [kind, subresource, named].join(),
  );
  return [...byResource.values()].flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const wanted = new Set(rows.flatMap(({ verbs }) => verbs));
    const { group: apiGroup } = resources[first.kind];
    const built = rule(
      apiGroup,
      [resourceOf(first)],
      VERBS.filter((verb) => wanted.has(verb)),
    );
    if (first.named === undefined) return [built];
    return [{ ...built, resourceNames: [nameOf(first.named, instance)] }];
  });
}

/** Name of the one object that a right is for. */
export function nameOf(named: string, instance: string): string {
  return named === INSTANCE ? instance : named;
}

/** As RBAC names it: `pods/eviction`. */
export function resourceOf({ kind, subresource }: Permission): string {
  return resources[kind].plural + (subresource === undefined ? '' : `/${subresource}`);
}

function namespaceOf(place: Place, of: Installation): string | undefined {
  switch (place) {
    case 'cluster':
      return undefined;
    case 'own namespace':
      return of.namespace;
    case 'validation namespace':
      return of.validationNamespace;
    case 'kube-node-lease':
      return place;
    default:
      throw new Error(`no such place: ${String(place satisfies never)}`);
  }
}

function rule(apiGroup: string, plurals: string[], verbs: string[]): Rule {
  return { apiGroups: [apiGroup], resources: plurals, verbs };
}

function role(
  kind: string,
  metadata: { name: string; namespace?: string; labels?: Record<string, string> },
  instance: string,
  ruleList?: Rule[],
): object {
  const labels = { [NAME_LABEL]: APP_NAME, [INSTANCE_LABEL]: instance, ...metadata.labels };
  return {
    apiVersion: `${RBAC}/v1`,
    kind,
    metadata: { ...metadata, labels },
    ...(ruleList === undefined ? {} : { rules: ruleList }),
  };
}
