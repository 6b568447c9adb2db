import type { KubeObject } from '../src/api/object.ts';
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

/** See `kubectl explain clusterrole`, `rolebinding`. */
type RbacObject = KubeObject & { rules?: Rule[]; roleRef?: object; subjects?: object[] };

/** Roles, each with its binding. */
export interface ProgramRoles {
  always: object[];
  /** For who rescues volumes. */
  rescue: object[];
  /** There only while Helm asks whether it may uninstall. */
  uninstall: object[];
}

/** The program's own roles; `hook` are the annotations of what Helm makes for a moment. */
export function programRoles(of: Installation, hook: Record<string, string>): ProgramRoles {
  const groups = Map.groupBy(permissions, ({ process, where, only = '' }) =>
    [process, where, only].join(),
  );
  const built = [...groups.values()].map((group) => ({
    when: group[0]?.process === 'check-uninstall' ? 'uninstall' : (group[0]?.only ?? 'always'),
    objects: roleAndBinding(group, of),
  }));
  const objectsOf = (when: keyof ProgramRoles): RbacObject[] =>
    built.filter((role) => role.when === when).flatMap(({ objects }) => objects);
  return {
    always: objectsOf('always'),
    rescue: objectsOf('rescue'),
    uninstall: objectsOf('uninstall').map((object) => ({
      ...object,
      metadata: { ...object.metadata, annotations: hook },
    })),
  };
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

function roleAndBinding(group: readonly Permission[], of: Installation): RbacObject[] {
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
): RbacObject {
  const labels = { [NAME_LABEL]: APP_NAME, [INSTANCE_LABEL]: instance, ...metadata.labels };
  return {
    apiVersion: `${RBAC}/v1`,
    kind,
    metadata: { ...metadata, labels },
    ...(ruleList === undefined ? {} : { rules: ruleList }),
  };
}
