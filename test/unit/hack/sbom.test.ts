import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { packagesOf, sbomOf, type Sbom } from '../../../hack/sbom.ts';

const root = join(import.meta.dirname, '../../..');

/** As `npm sbom` writes it of two packages, one of which needs the other, and one for development. */
const all: Sbom & { bomFormat: string } = {
  bomFormat: 'CycloneDX',
  serialNumber: 'urn:uuid:another-each-time',
  metadata: {
    timestamp: '2026-11-26T18:00:00Z',
    lifecycles: [{ phase: 'pre-build' }],
    component: { name: 'the-folder' },
  },
  components: [{ 'bom-ref': 'a@1' }, { 'bom-ref': 'b@2' }, { 'bom-ref': 'tool@3' }],
  dependencies: [
    { ref: 'fluent-pvc-operator@0.1.0', dependsOn: ['a@1', 'tool@3'] },
    { ref: 'a@1', dependsOn: ['b@2'] },
    { ref: 'b@2' },
    { ref: 'tool@3', dependsOn: ['b@2'] },
  ],
};

describe('the bill of materials', () => {
  test('has what is in the bundle, and nothing that changes from run to run', () => {
    expect(sbomOf(all, new Set(['a@1', 'b@2']))).toEqual({
      bomFormat: 'CycloneDX',
      metadata: { lifecycles: [{ phase: 'build' }], component: { name: 'fluent-pvc-operator' } },
      components: [{ 'bom-ref': 'a@1' }, { 'bom-ref': 'b@2' }],
      dependencies: [
        { ref: 'fluent-pvc-operator@0.1.0', dependsOn: ['a@1'] },
        { ref: 'a@1', dependsOn: ['b@2'] },
        { ref: 'b@2', dependsOn: [] },
      ],
    });
  });

  test('is not written when the bundle has what npm does not know', () => {
    expect(() => sbomOf(all, new Set(['a@1', 'stranger@1']))).toThrow('stranger@1');
  });

  test('knows the package of a file, also inside another and with a scope', () => {
    const files = [
      'src/main.ts',
      'node_modules/fastify/lib/server.js',
      'node_modules/@peculiar/x509/build/x509.es.js',
      'node_modules/tsyringe/node_modules/tslib/tslib.es6.js',
    ];
    const names = [...packagesOf(root, files)].map((ref) => ref.replace(/(?<=.)@.*/, ''));
    expect(names).toEqual(['fastify', '@peculiar/x509', 'tslib']);
  });
});
