import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An alert as Prometheus reads it. */
export interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url: string };
}

const root = join(import.meta.dirname, '../..');

/** The rules that the chart brings, with the stand-ins of what only the release knows. */
export const ALERTS_FILE = join(root, 'charts/fluent-pvc-operator/files/alerts.yaml');

/** All alerts of the chart. */
export function alerts(): Alert[] {
  const { groups } = load(readFileSync(ALERTS_FILE, 'utf8')) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** A look at an alert by promtool: it fires with these, and with no other labels. */
export interface Look {
  alertname: string;
  exp_alerts?: object[];
}

/** All looks of alerts.test.yaml. */
export function looks(): Look[] {
  const text = readFileSync(join(import.meta.dirname, 'alerts.test.yaml'), 'utf8');
  const { tests } = load(text, { schema: CORE_SCHEMA.withTags(mergeTag) }) as {
    tests: { alert_rule_test: Look[] }[];
  };
  return tests.flatMap((one) => one.alert_rule_test);
}

/** A page of docs/. */
export function page(name: string): string {
  return readFileSync(join(root, 'docs', name), 'utf8');
}
