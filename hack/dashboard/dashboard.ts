import { DATA_ROWS } from './data-rows.ts';
import { DATASOURCE, graph } from './panel.ts';
import { PROGRAM_ROWS } from './program-rows.ts';

const WIDTH = 8;
const HEIGHT = 8;

/** The dashboard as Grafana reads it: what Grafana wants to know of each panel is the same. */
export function dashboard(): object {
  let y = 0;
  const panels = Object.entries({ ...DATA_ROWS, ...PROGRAM_ROWS }).flatMap(([title, row]) => {
    const header = { type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 } };
    const graphs = row.map((panel, index) => ({
      ...graph(panel),
      gridPos: {
        x: (index % 3) * WIDTH,
        y: y + 1 + Math.floor(index / 3) * HEIGHT,
        w: WIDTH,
        h: HEIGHT,
      },
    }));
    y += 1 + Math.ceil(row.length / 3) * HEIGHT;
    return [header, ...graphs];
  });
  return {
    uid: 'fluent-pvc-operator',
    title: 'fluent-pvc-operator',
    description:
      'Generated from hack/dashboard/ by `npm run generate`. docs/metrics.md says what each metric means.',
    tags: ['fluent-pvc-operator'],
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: variables() },
    panels: panels.map((panel, index) => ({ id: index + 1, ...panel })),
  };
}

function variables(): object[] {
  const query = { type: 'query', datasource: DATASOURCE, refresh: 2, sort: 1 };
  return [
    { name: 'datasource', type: 'datasource', query: 'prometheus' },
    {
      ...query,
      name: 'namespace',
      label: 'Namespace of the operator',
      query: 'label_values(fluent_pvc_build_info, namespace)',
    },
    {
      ...query,
      name: 'fluentpvc',
      label: 'FluentPVC',
      query: 'label_values(fluent_pvc_bindings, fluentpvc)',
      multi: true,
      includeAll: true,
      allValue: '.*',
    },
  ];
}
