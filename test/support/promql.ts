/** A metric in a query, with the labels that it is selected and grouped by. */
export interface Selected {
  name: string;
  labels: string[];
}

const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'by', 'without', 'on', 'ignoring']);

/** The metrics that a query of Prometheus asks for, with the labels they are selected by. */
export function selectedBy(query: string): Selected[] {
  const bare = query.replace(/\b(?:by|without|on|ignoring) \([^)]*\)/g, ' ');
  const found = bare.matchAll(/(?<![\w$:"])([a-zA-Z_:][\w:]*)\b(?!\s*\()(?:\{([^}]*)\})?(?!")/g);
  return [...found].flatMap(([, name = '', selectors = '']) =>
    WORDS.has(name) || query.includes(`"${name}`)
      ? []
      : [
          {
            name,
            labels: [...selectors.matchAll(/(\w+)(?:=~|!~|!=|=)/g)].flatMap(([, l]) => l ?? []),
          },
        ],
  );
}

/** The labels that a query groups by. */
export function groupedBy(query: string): string[] {
  return [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
}
