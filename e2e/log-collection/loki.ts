import type { Kubectl } from '../kubectl.ts';
import { backendName, namespace } from './objects.ts';

/** An entry: its time in nanoseconds, which no JavaScript number holds, and the line. */
type Entry = readonly [time: string, line: string];

/** What Loki answers to a query for lines. */
interface Answer {
  readonly data: { readonly result: readonly { readonly values: readonly Entry[] }[] };
}

/** How many entries Loki gives at a time, unless it is set up to give more. */
const PAGE = 5000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * All lines of the last day that Loki has of a Pod, or of all Pods whose lines the example has shipped,
 * by time. A line that was sent twice is there once, as far as Loki knows it again.
 */
export async function linesInLoki(kubectl: Kubectl, podUid?: string): Promise<string[]> {
  const entries: Entry[] = [];
  let start = `${Date.now() - DAY_MS}000000`;
  for (;;) {
    const page = await entriesSince(kubectl, start, podUid);
    entries.push(...page);
    const last = page.at(-1)?.[0];
    if (page.length < PAGE || last === undefined) return entries.map(([, line]) => line);
    if (last === start) throw new Error(`more than ${PAGE} lines have the time ${last}`);
    // Others may have the time of the last one: all of that time come again with the next page.
    while (entries.at(-1)?.[0] === last) entries.pop();
    start = last;
  }
}

async function entriesSince(
  kubectl: Kubectl,
  start: string,
  podUid: string | undefined,
): Promise<readonly Entry[]> {
  const query = new URLSearchParams({
    query: podUid === undefined ? '{k8s_pod_uid=~".+"}' : `{k8s_pod_uid="${podUid}"}`,
    start,
    end: `${Date.now() + DAY_MS}000000`,
    limit: String(PAGE),
    direction: 'forward',
  });
  // By the API server: no port has to be forwarded.
  const proxy = `/api/v1/namespaces/${namespace}/services/${backendName}:http/proxy`;
  const said = await kubectl(
    'get',
    '--raw',
    `${proxy}/loki/api/v1/query_range?${query.toString()}`,
  );
  const { data } = JSON.parse(said) as Answer;
  // A stream for each Pod and each set of attributes: in order by themselves, not among each other.
  return data.result
    .flatMap(({ values }) => values)
    .toSorted(([one], [other]) => compare(one, other));
}

/** By length first: numbers without leading zeros. */
function compare(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : Number(one > other));
}
