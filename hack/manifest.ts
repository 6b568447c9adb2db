import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReporter } from '../e2e/cluster/reporter.ts';
import { createHelm, obtainHelm } from '../e2e/helm.ts';
import { UserError } from '../src/errors.ts';
import { plainManifest } from './plain-manifest.ts';

// Writes dist/fluent-pvc-operator.yaml: `npm run manifest [-- --set=... | --values=FILE ...]`.
const folder = join(import.meta.dirname, '../dist');
const file = join(folder, 'fluent-pvc-operator.yaml');
try {
  const reporter = createReporter(process.stderr, () => performance.now());
  // Rendering asks no cluster.
  const kubeconfig = join(tmpdir(), 'no-kubeconfig');
  const helm = createHelm({ helm: await obtainHelm(reporter), kubeconfig });
  const text = await plainManifest(helm, process.argv.slice(2));
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`dist/fluent-pvc-operator.yaml: ${text.split('\n---\n').length} objects\n`);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`manifest: ${error.message}\n`);
  process.exitCode = 1;
}
