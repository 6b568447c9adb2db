import { permissions, type Only, type Permission, type Place } from '../src/kube/permissions.ts';
import { nameOf, resourceOf } from './rbac.ts';

/** Where a right holds, as people read it. */
const PLACES: Record<Place, string> = {
  cluster: 'in all namespaces, and of the cluster',
  'own namespace': "in the release's namespace",
  'validation namespace': 'in the validation namespace',
  'kube-node-lease': 'in `kube-node-lease`',
  default: 'in `default`',
};

const WHEN: Record<Only, string> = {
  rescue: 'with `rescue.enabled`',
  selfManaged: 'where the webhook makes its certificate itself',
};

/** docs/permissions.md: what the program may do, and why. */
export function permissionsPage(): string {
  const groups = Map.groupBy(permissions, ({ process, where, only }) => {
    const when = only === undefined ? '' : `, ${WHEN[only]}`;
    return `${process}: ${PLACES[where]}${when}`;
  });
  return [
    '<!-- Generated from src/kube/permissions.ts by `npm run generate`. Do not edit. -->\n',
    '# What the operator may do\n',
    'The Roles of the chart are made from this list. A call of the program that is not here is answered with Forbidden; the API tests run it with exactly these rights. It reads no Secrets but that of the certificate which the webhook makes itself; one from elsewhere is mounted.\n',
    'With the value `namespaces` of the chart, what is said of all namespaces holds in those, and in the rescue namespace for the controllers; what is of the cluster (FluentPVCs, Namespaces, StorageClasses, Nodes, PersistentVolumes, definitions and configurations) stays as it is.\n',
    'Two ClusterRoles are for people: `INSTANCE-view` (part of `view`, `edit` and `admin`) and `INSTANCE-operate`, which adds `patch` on FluentPVCBindings, for the annotations `retry`, `release` and `assume-stopped`; the [guards](guards.md) leave people nothing else of a binding. No role for people writes FluentPVCs: who does, runs any Job in every namespace.\n',
    ...[...groups].flatMap(([title, rows]) => [`## ${title}\n`, table(rows), '']),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function table(rows: readonly Permission[]): string {
  const lines = rows.map((row) => {
    const name =
      resourceOf(row) + (row.named === undefined ? '' : ` \`${nameOf(row.named, 'INSTANCE')}\``);
    return `| ${name} | ${row.verbs.join(', ')} | ${row.why} |`;
  });
  return ['| | | why |', '|---|---|---|', ...lines].join('\n');
}
