import { describe, expect, test } from '@jest/globals';
import { MAX_SNAPSHOT_LENGTH } from '../../../src/api/binding.ts';
import { bindingSchema } from '../../../src/api/binding-schema.ts';
import { crds } from '../../../src/api/crd.ts';
import { fluentPVCSchema } from '../../../src/api/fluentpvc-schema.ts';
import { resources } from '../../../src/api/resources.ts';
import type { Schema } from '../../../src/api/schema.ts';

const roots: Record<string, Schema> = { FluentPVC: fluentPVCSchema, Binding: bindingSchema };

/** Every schema in a schema, by its path; the fields of an object, and the items of lists. */
function walk(path: string, schema: Schema): { path: string; schema: Schema }[] {
  return [
    { path, schema },
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
      walk(`${path}.${name}`, field),
    ),
    ...(schema.items === undefined ? [] : walk(`${path}[]`, schema.items)),
    ...(schema.additionalProperties === undefined
      ? []
      : walk(`${path}{}`, schema.additionalProperties)),
  ];
}
const nodes = Object.entries(roots).flatMap(([name, schema]) => walk(name, schema));
const pathsWhere = (wrong: (schema: Schema) => boolean): string[] =>
  nodes.filter(({ schema }) => wrong(schema)).map(({ path }) => path);

describe('every schema', () => {
  test('walks more than the roots', () => {
    expect(nodes.length).toBeGreaterThan(80);
  });
  test('describes every field but metadata, which Kubernetes describes', () => {
    const silent = pathsWhere(({ description = '' }) => description.trim() === '');
    expect(silent.filter((path) => !/\.metadata$|\.conditions\[\]$/.test(path))).toEqual([]);
  });
  test('says nothing of metadata, as Kubernetes demands', () => {
    expect(fluentPVCSchema.properties?.metadata).toEqual({ type: 'object' });
    expect(bindingSchema.properties?.metadata).toEqual({ type: 'object' });
  });
  test('has a known type everywhere', () => {
    const types = ['object', 'array', 'string', 'integer', 'boolean', 'number'];
    expect(pathsWhere(({ type }) => !types.includes(type))).toEqual([]);
  });
  test('says what the items of a list are, and of nothing else', () => {
    expect(pathsWhere(({ type, items }) => (type === 'array') !== (items !== undefined))).toEqual(
      [],
    );
  });
  test('has properties only on objects, and never together with additionalProperties', () => {
    expect(
      pathsWhere(
        ({ type, properties, additionalProperties }) =>
          (type !== 'object' && properties !== undefined) ||
          (properties !== undefined && additionalProperties !== undefined),
      ),
    ).toEqual([]);
  });
  test('requires only fields that it has', () => {
    expect(
      pathsWhere(({ required = [], properties = {} }) =>
        required.some((name) => !(name in properties)),
      ),
    ).toEqual([]);
  });
  test('keys its maps by required fields', () => {
    expect(
      pathsWhere((schema) => {
        if (schema['x-kubernetes-list-type'] !== 'map') return false;
        const keys = schema['x-kubernetes-list-map-keys'] ?? [];
        return keys.length === 0 || keys.some((key) => !schema.items?.required?.includes(key));
      }),
    ).toEqual([]);
  });
  test('has patterns that compile, on strings only', () => {
    expect(pathsWhere(({ type, pattern }) => pattern !== undefined && type !== 'string')).toEqual(
      [],
    );
    for (const { schema } of nodes) expect(() => new RegExp(schema.pattern ?? '')).not.toThrow();
  });
  test('tells what it denies in each CEL rule', () => {
    const rules = nodes.flatMap(({ schema }) => schema['x-kubernetes-validations'] ?? []);
    expect(rules.length).toBeGreaterThan(5);
    expect(rules.filter(({ message, rule }) => message === '' || rule === '')).toEqual([]);
  });
});

describe('a FluentPVC', () => {
  test('requires what the original requires', () => {
    expect(fluentPVCSchema.properties?.spec?.required?.toSorted()).toEqual([
      'pvcFinalizerJobSpecTemplate',
      'pvcSpecTemplate',
      'pvcVolumeMountPath',
      'pvcVolumeName',
      'sidecarContainerTemplate',
    ]);
  });
  test('keeps unknown fields of the templates', () => {
    const fields = fluentPVCSchema.properties?.spec?.properties ?? {};
    for (const name of [
      'pvcSpecTemplate',
      'pvcFinalizerJobSpecTemplate',
      'sidecarContainerTemplate',
    ])
      expect([name, fields[name]?.['x-kubernetes-preserve-unknown-fields']]).toEqual([name, true]);
    for (const name of ['commonEnvs', 'commonVolumes', 'commonVolumeMounts'])
      expect([name, fields[name]?.items?.['x-kubernetes-preserve-unknown-fields']]).toEqual([
        name,
        true,
      ]);
  });
});

describe('a binding', () => {
  const { spec, status } = bindingSchema.properties ?? {};
  test('holds snapshots as large as the webhook admits', () => {
    expect(spec?.properties?.snapshot?.maxLength).toBe(MAX_SNAPSHOT_LENGTH);
  });
  test.each(['snapshot', 'sidecar'])('never changes its %s, nor loses it', (name) => {
    const rules = (schema: Schema | undefined): string[] =>
      (schema?.['x-kubernetes-validations'] ?? []).map(({ rule }) => rule);
    expect(rules(spec?.properties?.[name])).toEqual(['self == oldSelf']);
    expect(rules(spec)).toContain(`!has(oldSelf.${name}) || has(self.${name})`);
  });
  test('is Pending before anybody wrote its status', () => {
    expect(status?.default).toEqual({});
    expect(status?.properties?.phase?.default).toBe('Pending');
  });
});

test.each(crds.map((crd) => [crd.metadata.name, crd] as const))(
  'the definition %s is what the client asks for',
  (name, crd) => {
    const spec = crd.spec as {
      group: string;
      scope: string;
      names: { kind: keyof typeof resources; plural: string };
      versions: { name: string; served: boolean; storage: boolean; subresources: object }[];
    };
    const known = resources[spec.names.kind];
    expect(name).toBe(`${spec.names.plural}.${spec.group}`);
    expect({ group: spec.group, plural: spec.names.plural }).toEqual({
      group: known.group,
      plural: known.plural,
    });
    expect(spec.scope === 'Namespaced').toBe(known.namespaced);
    expect(spec.versions.map(({ name: version }) => version)).toEqual([known.version]);
    expect(spec.versions[0]).toMatchObject({
      served: true,
      storage: true,
      subresources: { status: {} },
    });
  },
);
