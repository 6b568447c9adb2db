import type { KubeObject } from '../src/api/object.ts';
import { resources } from '../src/api/resources.ts';
import { APP_NAME, INSTANCE_LABEL, NAME_LABEL } from '../src/core/registration.ts';
import {
  INSTANCE,
  mayBeLimited,
  permissions,
  type Only,
  type Permission,
  type Place,
  type Process,
  type Verb,
} from '../src/kube/permissions.ts';

/** What is rendered into Roles of an installation. */
export interface Installation {
  instance: string;
  namespace: string;
  validationNamespace: string;
  /** Stands for each namespace that the operator works for; absent: it works for all. */
  eachNamespace?: string;
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

/** What the name of a role ends with. */
const ROLE_NAMES: Record<Only, string> = { rescue: 'rescue', selfManaged: 'certificate' };

/** See `kubectl explain clusterrole`, `rolebinding`. */
type RbacObject = KubeObject & { rules?: Rule[]; roleRef?: object; subjects?: object[] };

/** A role of the program and its binding. */
export interface RoleGroup {
  process: Process;
  /** A value turns it on. `uninstall`: it is there only while Helm asks whether it may. */
  when: 'always' | 'uninstall' | Only;
  /** It is there once for each namespace that the operator works for. */
  each: boolean;
  objects: RbacObject[];
}

/** The program's own roles; `hook` are the annotations of what Helm makes for a moment. */
export function programRoles(of: Installation, hook: Record<string, string>): RoleGroup[] {
  const isEach = (row: Permission): boolean => of.eachNamespace !== undefined && mayBeLimited(row);
  const groups = Map.groupBy(permissions, (row) =>
    [row.process, row.where, row.only ?? '', isEach(row)].join(),
  );
  return [...groups.values()].flatMap((group): RoleGroup[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { process, only } = first;
    const each = isEach(first);
    const objects = roleAndBinding(
      first,
      rules(group, of),
      each ? of.eachNamespace : undefined,
      of,
    );
    if (process !== 'check-uninstall') return [{ process, when: only ?? 'always', each, objects }];
    const hooked = objects.map((object) => ({
      ...object,
      metadata: { ...object.metadata, annotations: hook },
    }));
    return [{ process, when: 'uninstall', each, objects: hooked }];
  });
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

/** `each`: one of several namespaces, which may be that of another role. */
function roleAndBinding(
  { process, where, only }: Permission,
  ruleList: Rule[],
  each: string | undefined,
  of: Installation,
): RbacObject[] {
  const part = only === undefined ? [] : ROLE_NAMES[only];
  const name = [of.instance, process, part, each === undefined ? [] : 'namespaced']
    .flat()
    .join('-');
  const namespace = each ?? namespaceOf(where, of);
  const metadata = namespace === undefined ? { name } : { name, namespace };
  const prefix = namespace === undefined ? 'Cluster' : '';
  return [
    role(`${prefix}Role`, metadata, of.instance, ruleList),
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
  return named.replace(INSTANCE, instance);
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
    case 'default':
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
