import { dump } from 'js-yaml';

/** What is read of values.schema.json, the one place that describes the chart's values. */
export interface ValuesSchema {
  properties?: Record<string, ValueSchema>;
}

interface ValueSchema extends ValuesSchema {
  description?: string;
  default?: unknown;
}

const WIDTH = 108;

/** values.yaml: the defaults, with their descriptions as comments. */
export function valuesYaml(schema: ValuesSchema, indent = ''): string {
  return described(schema)
    .map(([name, value]) => {
      const comment = wrap(value.description, WIDTH - indent.length)
        .map((line) => `${indent}# ${line}\n`)
        .join('');
      if (value.properties === undefined) return comment + entry(name, value.default, indent);
      return `${comment}${indent}${name}:\n${valuesYaml(value, `${indent}  `)}`;
    })
    .join(indent === '' ? '\n' : '');
}

/** The same as a table in Markdown, a row a value. */
export function valuesTable(schema: ValuesSchema): string {
  const rows = leaves(schema).map(
    ([path, { description, default: value }]) =>
      `| \`${path}\` | \`${JSON.stringify(value)}\` | ${description} |\n`,
  );
  return `| value | default | |\n|---|---|---|\n${rows.join('')}`;
}

/** Each value by its path, as `--set` takes it. */
export function leaves(schema: ValuesSchema, above = ''): [path: string, value: Described][] {
  return described(schema).flatMap(([name, value]): [string, Described][] =>
    value.properties === undefined ? [[above + name, value]] : leaves(value, `${above}${name}.`),
  );
}

type Described = ValueSchema & { description: string };

/** What Helm itself puts into the values is described by Helm. */
function described(schema: ValuesSchema): [name: string, value: Described][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) =>
    value.description === undefined
      ? []
      : [[name, { ...value, description: value.description }] as [string, Described]],
  );
}

function entry(name: string, value: unknown, indent: string): string {
  return dump({ [name]: value }, { lineWidth: -1 }).replace(/^(?=.)/gm, indent);
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
