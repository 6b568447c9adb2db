import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allMetrics, metricsIn, type ShownMetric } from '../support/all-metrics.ts';

const docs = join(import.meta.dirname, '../../docs');
const page = readFileSync(join(docs, 'metrics.md'), 'utf8');
const NODES_OWN = /^(process|nodejs)_/;

/** The rows of the page's tables. */
function rows(): ShownMetric[] {
  return [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \|/gm)].map(
    ([, name = '', type = '', labels = '']) => ({
      name,
      type,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
    }),
  );
}

describe('docs/metrics.md', () => {
  test('has every metric, with its type and labels, and no other', async () => {
    const shown = metricsIn(await allMetrics()).filter(({ name }) => !NODES_OWN.test(name));
    const byName = (a: ShownMetric, b: ShownMetric): number => a.name.localeCompare(b.name);
    expect(rows().toSorted(byName)).toEqual(shown.toSorted(byName));
  });
  test("names metrics of Node's own that there are", async () => {
    const shown = metricsIn(await allMetrics()).map(({ name }) => name);
    const named = [...page.matchAll(/`((?:process|nodejs)_\w+)`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !shown.includes(name))).toEqual([]);
  });
  test('points to runbooks that there are', () => {
    const runbooks = readFileSync(join(docs, 'runbooks.md'), 'utf8').toLowerCase();
    const named = [...page.matchAll(/runbooks\.md#(\w+)/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !runbooks.includes(`\n## ${name}\n`))).toEqual([]);
  });
});
