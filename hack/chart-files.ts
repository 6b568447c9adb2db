import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { crds } from '../src/api/crd.ts';
import type { KubeObject } from '../src/api/object.ts';
import { guards } from '../src/core/guards.ts';
import { webhookConfigurations, type FailurePolicy } from '../src/core/registration.ts';
import { dashboard } from './dashboard/dashboard.ts';
import { permissionsPage } from './permissions-page.ts';
import { peoplesRoles, programRoles, type Installation, type RoleGroup } from './rbac.ts';
import { either, forEach, oneOf, onlyIf, standIn, template } from './template.ts';
import { valuesTable, valuesYaml, type ValuesSchema } from './values.ts';

/** A file that is generated: path below the root, and content. */
export interface GeneratedFile {
  path: string;
  content: string;
}

const root = join(import.meta.dirname, '..');
const CHART = 'charts/fluent-pvc-operator';

const IS_SELF_MANAGED = 'eq (include "fluent-pvc-operator.certificateFrom" .) "selfManaged"';

const installation = {
  instance: standIn('instance'),
  namespace: standIn('namespace'),
  validationNamespace: standIn('validationNamespace'),
};

/** Everything of the chart that is generated, and the pages that are made of the same. */
export function chartFiles(): GeneratedFile[] {
  const schema = JSON.parse(read(`${CHART}/values.schema.json`)) as ValuesSchema;
  return [
    ...crds.map((crd) => {
      const metadata = { ...crd.metadata, annotations: standIn('crdAnnotations') };
      const text = onlyIf('.Values.crds.enabled', template([{ ...crd, metadata }]));
      return templateFile(`crd-${crd.metadata.name?.split('.')[0] ?? ''}`, 'src/api', text);
    }),
    templateFile('webhook-configurations', 'src/core/registration.ts', template(registration())),
    templateFile('guards', 'src/core/guards.ts', guardTemplates()),
    templateFile(
      'rbac',
      'src/kube/permissions.ts',
      roles('always') +
        onlyIf('.Values.rescue.enabled', roles('rescue')) +
        onlyIf(IS_SELF_MANAGED, roles('selfManaged')) +
        onlyIf('not .Values.uninstall.force', roles('uninstall')),
    ),
    templateFile('rbac-people', 'hack/rbac.ts', template(peoplesRoles(installation))),
    {
      path: `${CHART}/values.yaml`,
      content: `${generatedFrom('values.schema.json')}${valuesYaml(schema)}`,
    },
    { path: `${CHART}/README.md`, content: withTable(read(`${CHART}/README.md`), schema) },
    {
      path: `${CHART}/files/dashboard.json`,
      content: `${JSON.stringify(dashboard(), null, 2)}\n`,
    },
    { path: 'docs/permissions.md', content: permissionsPage() },
  ];
}

/** For all namespaces, or for some: what is the same for both is there once. */
function roles(when: RoleGroup['when']): string {
  const of = (place: Installation): RoleGroup[] =>
    programRoles(place, standIn('uninstallHook')).filter((group) => group.when === when);
  const all = of(installation);
  const some = of({ ...installation, eachNamespace: standIn('eachNamespace') });
  const isIn = (groups: RoleGroup[], one: RoleGroup): boolean =>
    groups.some((group) => isDeepStrictEqual(group, one));
  const text = ({ objects, each, process }: RoleGroup): string => {
    const list = process === 'webhook' ? 'namespaces' : 'namespacesAndRescue';
    return each ? forEach(list, template(objects)) : template(objects);
  };
  const texts = (groups: RoleGroup[]): string => groups.map(text).join('');
  return (
    oneOf(
      '.Values.namespaces',
      texts(some.filter((group) => !isIn(all, group))),
      texts(all.filter((group) => !isIn(some, group))),
    ) + texts(all.filter((group) => isIn(some, group)))
  );
}

function registration(): KubeObject[] {
  const { instance, namespace } = installation;
  return webhookConfigurations({
    instance,
    client: {
      service: { namespace, name: `${instance}-webhook`, port: standIn('servicePort') },
      caBundle: standIn('caBundle'),
    },
    exemptNamespaces: [standIn('exemptNamespaces')],
    rescueNamespace: standIn('rescueNamespace'),
    failurePolicy: standIn('failurePolicy'),
    reinvocationPolicy: standIn('reinvocationPolicy'),
    timeoutSeconds: standIn('timeoutSeconds'),
    annotations: standIn('caAnnotations'),
    narrowed: {
      namespaceSelector: {
        matchLabels: standIn('namespaceLabels'),
        matchExpressions: [standIn('namespaceExpressions')],
      },
      objectSelector: {
        matchLabels: standIn('podLabels'),
        matchExpressions: [standIn('podExpressions')],
      },
      matchConditions: standIn('matchConditions'),
    },
  });
}

/** What a guard does where the webhook may be left out is for the code to say, not for the chart. */
function guardTemplates(): string {
  const { instance, namespace } = installation;
  const [closed, open] = (['Fail', 'Ignore'] satisfies FailurePolicy[]).map((policy) =>
    guards({
      instance,
      accounts: ['webhook', 'controllers'].map(
        (name) => `system:serviceaccount:${namespace}:${instance}-${name}`,
      ),
      exemptNamespaces: [standIn('exemptNamespaces')],
      webhookFailurePolicy: policy,
      failurePolicy: standIn('guardFailurePolicy'),
      narrowed: {
        namespaceSelector: {
          matchLabels: standIn('guardNamespaceLabels'),
          matchExpressions: [standIn('guardNamespaceExpressions')],
        },
        objectSelector: standIn('guardObjectSelector'),
        matchConditions: [standIn('guardConditions')],
      },
    }).map((object) => template([object])),
  );
  const isClosed = 'eq .Values.webhook.failurePolicy "Fail"';
  return (closed ?? []).map((one, index) => either(isClosed, one, open?.[index] ?? '')).join('');
}

function templateFile(name: string, source: string, text: string): GeneratedFile {
  return { path: `${CHART}/templates/${name}.yaml`, content: generatedFrom(source) + text };
}

function generatedFrom(source: string): string {
  return `# Generated from ${source} by \`npm run generate\`. Do not edit.\n`;
}

/** The page with the table between its marks made anew. */
function withTable(page: string, schema: ValuesSchema): string {
  const [before, after] = [page.split('<!-- values -->')[0], page.split('<!-- /values -->')[1]];
  if (before === undefined || after === undefined) throw new Error('README.md has lost its marks');
  return `${before}<!-- values -->\n${valuesTable(schema)}<!-- /values -->${after}`;
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
