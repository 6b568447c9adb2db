import { load } from 'js-yaml';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../src/api/object.ts';
import { UserError } from '../src/errors.ts';
import { findOnPath, runCommand } from './cluster/commands.ts';
import { readEnvironment } from './cluster/environment.ts';

/* Of the Prometheus operator only its definitions are used: they say what it would take. */
const MODULE = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';
const FOLDER = 'example/prometheus-operator-crd';
const FILES = [
  'monitoring.coreos.com_podmonitors.yaml',
  'monitoring.coreos.com_prometheusrules.yaml',
];

/** Its CustomResourceDefinitions of what the chart makes, from the cache of Go's modules or their proxy. */
export async function prometheusOperatorDefinitions(): Promise<readonly KubeObject[]> {
  const go = await findOnPath(readEnvironment().path, 'go');
  if (go === undefined) throw new UserError(`there is no \`go\` on PATH to fetch ${MODULE}`);
  const { Dir } = JSON.parse(await runCommand(go, ['mod', 'download', '-json', MODULE])) as {
    readonly Dir: string;
  };
  return Promise.all(
    FILES.map(async (file) => load(await readFile(join(Dir, FOLDER, file), 'utf8')) as KubeObject),
  );
}
