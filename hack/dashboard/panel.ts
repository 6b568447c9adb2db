/** A graph: its title, what it means, and its queries by the name of their lines. */
export interface Panel {
  title: string;
  description: string;
  /** Of Grafana: `s`, `bytes`, `short`, `ops`. */
  unit: string;
  queries: Record<string, string>;
}

/** Where the data comes from: whoever looks at the dashboard chooses. */
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The panel as Grafana reads it, without its place. */
export function graph({ title, description, unit, queries }: Panel): object {
  return {
    type: 'timeseries',
    title,
    description,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: Object.entries(queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}
