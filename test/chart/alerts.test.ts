import { describe, expect, test } from '@jest/globals';
import { STALL_REASONS } from '../../controllers/binding/drain/drain-report.ts';
import { dashboard } from '../../hack/dashboard/dashboard.ts';
import { DATA_ROWS } from '../../hack/dashboard/data-rows.ts';
import { PROGRAM_ROWS } from '../../hack/dashboard/program-rows.ts';
import { allMetrics, metricsIn, sampleNames } from '../support/all-metrics.ts';
import { groupedBy, selectedBy } from '../support/promql.ts';
import { alerts, looks, page } from './alerts.ts';

/** What Prometheus knows without us: of scrapes, and of API servers. */
const FOREIGN = [
  'up',
  'apiserver_admission_webhook_rejection_count',
  'apiserver_admission_webhook_fail_open_count',
];
/** What Prometheus knows of a target. */
const OF_TARGETS = ['namespace', 'pod'];

const shown = metricsIn(await allMetrics());
const known = new Set([...sampleNames(shown), ...FOREIGN]);

/** Labels of the metric that has samples of that name. */
function labelsOf(sample: string): string[] {
  const metric = shown.find(({ name }) =>
    [name, `${name}_bucket`, `${name}_count`].includes(sample),
  );
  return [...OF_TARGETS, ...(sample.endsWith('_bucket') ? ['le'] : []), ...(metric?.labels ?? [])];
}

function checkQuery(query: string): void {
  const selected = selectedBy(query);
  expect(selected.length).toBeGreaterThan(0);
  expect(selected.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  const own = selected.filter(({ name }) => !FOREIGN.includes(name));
  for (const { name, labels } of own) {
    expect(labels.filter((label) => !labelsOf(name).includes(label))).toEqual([]);
  }
  const [first] = own;
  if (first === undefined) return;
  expect(groupedBy(query).filter((label) => !labelsOf(first.name).includes(label))).toEqual([]);
}

/** Its section of docs/runbooks.md. */
function runbook(alert: string): string {
  const [, section = ''] = page('runbooks.md').split(`## ${alert}\n`);
  const [own = ''] = section.split('\n## ');
  return own;
}

describe('an alert', () => {
  const sections = [...page('runbooks.md').matchAll(/^## (\S+)$/gm)].map(([, name = '']) => name);

  test('has its section in docs/runbooks.md, and each section its alert', () => {
    expect(sections).toEqual(alerts().map(({ alert }) => alert));
  });

  describe.each(alerts().map((one) => [one.alert, one] as const))('%s', (name, one) => {
    test('is tried with promtool: it fires, and there is a time when it does not', () => {
      const fires = looks()
        .filter(({ alertname }) => alertname === name)
        .map((look) => (look.exp_alerts ?? []).length > 0);
      expect(new Set(fires)).toEqual(new Set([false, true]));
    });
    test('asks for metrics and labels that exist', () => {
      checkQuery(one.expr);
    });
    test('says what is wrong, how urgent it is, and where to read on', () => {
      expect(['critical', 'warning']).toContain(one.labels.severity);
      expect(one.annotations).toEqual({
        summary: expect.stringMatching(/\.$/),
        description: expect.stringMatching(/\.$/),
        runbook_url: `RUNBOOKS#${name.toLowerCase()}`,
      });
    });
    test('speaks only of labels that it has', () => {
      const used = Object.values(one.annotations).flatMap((text) =>
        [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label),
      );
      expect(used.filter((label) => !groupedBy(one.expr).includes(label ?? ''))).toEqual([]);
    });
    test('has a runbook that says what it means, what it does, how to look and what to do', () => {
      const own = runbook(name);
      const parts = [...own.matchAll(/^\*\*(\w+):\*\*/gm)].map(([, part]) => part);
      expect(parts).toEqual(['Means', 'Impact', 'Look', 'Do']);
      expect(own).toContain('kubectl ');
    });
  });
});

test.each(STALL_REASONS)('a drain that is stalled by %s finds that in its runbook', (reason) => {
  expect(runbook('FluentPVCDrainStalled')).toContain(`\`${reason}\``);
});

describe('the dashboard', () => {
  const panels = Object.values({ ...DATA_ROWS, ...PROGRAM_ROWS }).flat();
  const queries = panels.flatMap((panel) =>
    Object.entries(panel.queries).map(([line, query]) => ({ title: panel.title, line, query })),
  );

  test.each(queries)('$title, $line: asks for metrics and labels that exist', ({ query, line }) => {
    checkQuery(query);
    const named = [...line.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    const grouped = groupedBy(query);
    const has = grouped.length > 0 ? grouped : ['pod'];
    expect(named.filter((label) => !has.includes(label))).toEqual([]);
  });

  test('has every panel once, side by side', () => {
    const { panels: made } = dashboard() as {
      panels: { id: number; gridPos: Record<'x' | 'y' | 'w' | 'h', number> }[];
    };
    expect(new Set(made.map(({ id }) => id)).size).toBe(made.length);
    const cells = made.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});
