import { describe, expect, test } from '@jest/globals';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');

const pages = globSync('**/*.md', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
});

/** Links of a page to other files and places of this repository, as they stand. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** What the headings of a page are called in links. */
function anchorsOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Files and folders of this repository that a page names by their place in it, commands included. */
function placesIn(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const top = readdirSync(root, { withFileTypes: true })
    .filter((one) => one.isDirectory() && !['node_modules', 'dist'].includes(one.name))
    .map(({ name }) => name.replaceAll('.', '\\.'));
  const place = new RegExp(`(?<=[\\s\`(])(?:${top.join('|')})/[\\w.*/-]*[\\w*/]`, 'g');
  return [...text.matchAll(place)].map(([path]) => path);
}

describe('links of the documentation', () => {
  test.each(pages)('%s', (page) => {
    const dead = linksOf(page).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(dead).toEqual([]);
  });
});

describe('what the documentation names of this repository is there', () => {
  test.each(pages)('%s', (page) => {
    expect(placesIn(page).filter((path) => globSync(path, { cwd: root }).length === 0)).toEqual([]);
  });
  test('a path is found in prose, code and commands', () => {
    const named = placesIn('docs/take-over.md');
    expect(named).toContain('test/support/original.ts');
    expect(named).toContain('charts/fluent-pvc-operator');
  });
});
