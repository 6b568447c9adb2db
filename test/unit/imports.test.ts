import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const MAX_LINES = 220;

interface Source {
  /** From the root of the repository. */
  path: string;
  text: string;
  /** Files of this repository that it imports, from the root. */
  imports: string[];
}

function sources(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(ROOT, path), 'utf8');
      const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)];
      return {
        path,
        text,
        imports: specifiers.map(([, to = '']) =>
          relative(ROOT, join(ROOT, dirname(path), to)).replaceAll('\\', '/'),
        ),
      };
    });
}
const all = ['src', 'webhook', 'controllers'].flatMap(sources);

/** The layer of a file: a folder, or the file itself where it lies in src/. */
function layer(path: string): string {
  const [top = '', second = ''] = path.split('/');
  if (top !== 'src') return top;
  return second.endsWith('.ts') ? second.replace('.ts', '') : second;
}

/** Files that know nothing but themselves, so that everything may import them. */
const LEAVES = ['errors', 'log', 'metrics', 'clock'];
/** What each layer may import, besides itself. What is not here may import nothing. */
const MAY: Record<string, string[]> = {
  api: [],
  errors: [],
  log: [],
  metrics: [],
  clock: [],
  // Leaves of the program's outside: they import leaves, and types and constants of api.
  flags: ['api', 'log'],
  config: ['api', 'errors', 'flags', 'log'],
  health: ['metrics'],
  listen: ['errors'],
  core: ['api', ...LEAVES],
  kube: ['api', 'core', ...LEAVES],
  webhook: ['api', 'core', 'kube', ...LEAVES],
  controllers: ['api', 'core', 'kube', ...LEAVES],
  check: ['api', 'core', 'kube', 'config', ...LEAVES],
  // A part of app: what serves admissions, and by which certificate.
  serve: ['core', 'kube', 'webhook', 'config', 'health', 'listen', ...LEAVES],
  app: [
    ...['api', 'core', 'kube', 'webhook', 'controllers', 'serve', 'config', 'health', 'listen'],
    ...LEAVES,
  ],
  main: ['app', 'check', 'config', ...LEAVES],
};

describe('the order of imports', () => {
  test('is read from the sources', () => {
    expect(all.length).toBeGreaterThan(50);
    expect(all.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  });
  test('is known for every file', () => {
    expect([...new Set(all.map(({ path }) => layer(path)))].toSorted()).toEqual(
      Object.keys(MAY).toSorted(),
    );
  });
  test.each(all.map((source) => [source.path, source] as const))('%s', (_, { path, imports }) => {
    const own = layer(path);
    const wrong = imports
      .filter((to) => to !== 'package.json')
      .filter((to) => layer(to) !== own && !MAY[own]?.includes(layer(to)));
    expect(wrong).toEqual([]);
  });
  test('nobody imports tests', () => {
    const outside = all.flatMap(({ path, imports }) =>
      imports.filter((to) => /^(test|e2e|bench)\//.test(to)).map((to) => `${path} -> ${to}`),
    );
    expect(outside).toEqual([]);
  });
  test('goes round in no circle', () => {
    const edges = new Map(all.map(({ path, imports }) => [path, imports]));
    const circles: string[] = [];
    const walk = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      for (const to of edges.get(path) ?? []) walk(to, [...trail, path]);
      // Whoever is done has no circle: it need not be walked again.
      edges.set(path, []);
    };
    for (const { path } of all) walk(path, []);
    expect(circles).toEqual([]);
  });
});

test.each(all.map(({ path, text }) => [path, text] as const))(
  '%s is no longer than a file may be',
  (_, text) => {
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(MAX_LINES);
  },
);
