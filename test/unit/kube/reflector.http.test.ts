import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import {
  cut,
  end,
  followed,
  line,
  page,
  pod,
  refuse,
  watch,
  type Followed,
  type Step,
} from '../../support/scripted-watch.ts';

/*
 * Every failure of a list or a watch, by a real HTTP server: no event may be missed, none told twice,
 * and nothing listed anew without need.
 */

let running: Followed | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
  jest.restoreAllMocks();
});

const listed = page([pod('a', '5')], '10');
const b = line('ADDED', pod('b', '20'));
const c = line('ADDED', pod('c', '30'));
const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
const html = '<html><body>502 Bad Gateway</body></html>';
const open = watch([]);
/** In the middle of a line: in the middle of a character, and not. */
const inUtf8 = Buffer.from(c).subarray(0, Buffer.from(c).indexOf(Buffer.from('ü')) + 1);
const inJson = c.slice(0, 40);

interface Case {
  steps: [Step, ...Step[]];
  told: string[];
  asked: string[];
}

const cases: Record<string, Case> = {
  'a list of several pages': {
    steps: [page([pod('a', '5')], '10', 'p2'), page([pod('b', '6')], '10', 'p3'), listed, open],
    told: ['set a 5', 'set b 6'],
    asked: ['list', 'list continue=p2', 'list continue=p3', 'watch 10'],
  },
  'a list without items, as Go writes it': {
    steps: [page(null, '10'), watch([b])],
    told: ['set b 20'],
    asked: ['list', 'watch 10'],
  },
  'versions of any size': {
    steps: [
      page([], '340282366920938463463374607431768211455'),
      watch([line('ADDED', pod('a', '340282366920938463463374607431768211456'))], end),
      open,
    ],
    told: ['set a 340282366920938463463374607431768211456'],
    asked: [
      'list',
      'watch 340282366920938463463374607431768211455',
      'watch 340282366920938463463374607431768211456',
    ],
  },
  '410 of a page in the middle: the list begins anew, and half of it is told nobody': {
    steps: [page([pod('x', '5')], '9', 'p2'), refuse(410, expired), listed, open],
    told: ['set a 5'],
    asked: ['list', 'list continue=p2', 'list', 'watch 10'],
  },
  '410 as the answer to a watch': {
    steps: [listed, watch([b], end), refuse(410, expired), page([pod('c', '30')], '40'), open],
    told: ['set a 5', 'set b 20', 'missed a 5', 'missed b 20', 'set c 30'],
    asked: ['list', 'watch 10', 'watch 20', 'list', 'watch 40'],
  },
  '410 as an event': {
    steps: [listed, watch([b, line('ERROR', expired)]), page([pod('b', '20')], '40'), open],
    told: ['set a 5', 'set b 20', 'missed a 5'],
    asked: ['list', 'watch 10', 'list', 'watch 40'],
  },
  'any other error as an event': {
    steps: [listed, watch([b, line('ERROR', { code: 500, message: 'etcd' })]), watch([c])],
    told: ['set a 5', 'set b 20', 'set c 30'],
    asked: ['list', 'watch 10', 'watch 20'],
  },
  'HTML of a proxy, as 502 and as 200': {
    steps: [refuse(502, html), refuse(200, html), listed, refuse(502, html), watch([b])],
    told: ['set a 5', 'set b 20'],
    asked: ['list', 'list', 'list', 'watch 10', 'watch 10'],
  },
  'HTML in the middle of a watch': {
    steps: [listed, watch([b, `${html}\n`]), watch([c])],
    told: ['set a 5', 'set b 20', 'set c 30'],
    asked: ['list', 'watch 10', 'watch 20'],
  },
  'a list that is cut': {
    steps: [cut, cut, watch(['{"kind":"PodList","items":[{"metadata":'], cut), listed, open],
    told: ['set a 5'],
    asked: ['list', 'list', 'list', 'list', 'watch 10'],
  },
  'a watch that is cut before it begins': {
    // Twice a request, as one that meets a connection that the server has closed is made again.
    steps: [listed, cut, cut, watch([b])],
    told: ['set a 5', 'set b 20'],
    asked: ['list', 'watch 10', 'watch 10', 'watch 10'],
  },
  'a watch that is cut in the middle of a line': {
    steps: [listed, watch([b, inJson], cut), watch([c])],
    told: ['set a 5', 'set b 20', 'set c 30'],
    asked: ['list', 'watch 10', 'watch 20'],
  },
  'a watch that is cut in the middle of a character': {
    steps: [listed, watch([b, inUtf8], cut), watch([c])],
    told: ['set a 5', 'set b 20', 'set c 30'],
    asked: ['list', 'watch 10', 'watch 20'],
  },
  'a watch that is closed in the middle of a line, as if all were well': {
    steps: [listed, watch([b, inUtf8], end), watch([c])],
    told: ['set a 5', 'set b 20', 'set c 30'],
    asked: ['list', 'watch 10', 'watch 20'],
  },
  'a watch that is closed after a bookmark and nothing else': {
    steps: [listed, watch([line('BOOKMARK', { metadata: { resourceVersion: '15' } })], end), open],
    told: ['set a 5'],
    asked: ['list', 'watch 10', 'watch 15'],
  },
  'a watch that goes silent': {
    steps: [listed, watch([b]), watch([c])],
    told: ['set a 5', 'set b 20', 'set c 30'],
    asked: ['list', 'watch 10', 'watch 20'],
  },
  'a watch that is silent from the first': {
    steps: [listed, open, watch([c])],
    told: ['set a 5', 'set c 30'],
    asked: ['list', 'watch 10', 'watch 10'],
  },
};

test.each(Object.entries(cases))('%s', async (_, { steps, told, asked }) => {
  running = await followed(...steps);
  const { cache, log } = running;
  await eventually(
    'all to be told and asked',
    () => {
      const now = JSON.stringify([running?.told, running?.asked]);
      if (now === JSON.stringify([told, asked])) return true;
      throw new Error(`${now} ${JSON.stringify(log.lines)}`);
    },
    4_000,
  );
  const last = told.findLast((one) => one.startsWith('set'))?.split(' ')[1] ?? '';
  expect(cache.get(`shop/${last}`)?.metadata.annotations).toEqual({ a: 'ü🪣' });
});

test('a list that does not answer is given up after a minute, and asked for anew', async () => {
  const start = setTimeout;
  jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation((run, ms) => start(run, ms === 60_000 ? 60 : ms));
  running = await followed(() => undefined, listed, open);
  await running.cache.synced;
  expect(running.asked.slice(0, 2)).toEqual(['list', 'list']);
  expect(running.cache.health.ends.get('cut')).toBe(1);
});

describe('429 with Retry-After', () => {
  const busy = refuse(429, { reason: 'TooManyRequests' }, { 'retry-after': '3' });
  const places: Record<string, [Step, ...Step[]]> = {
    'of a list': [busy, listed, watch([b])],
    'of a watch': [listed, busy, watch([b])],
    'of a page in the middle': [page([], '9', 'p2'), busy, listed, watch([b])],
  };
  test.each(Object.entries(places))('%s is kept, and a little more', async (_, steps) => {
    running = await followed(...steps);
    const { told, log, cache } = running;
    await eventually('all to be told', () => told.length === 2, 4_000);
    const [waitMs] = log.lines.map(({ fields }) => Number(fields.waitMs));
    expect(waitMs).toBeGreaterThanOrEqual(3_000);
    expect(waitMs).toBeLessThanOrEqual(3_600);
    expect([...cache.health.ends].filter(([, count]) => count > 0)).toEqual([['refused', 1]]);
  });
});

test('a watch that ends with an error, or silent, leaves no connection behind', async () => {
  const closed: string[] = [];
  const noted =
    (name: string, step: Step): Step =>
    (response) => {
      response.once('close', () => closed.push(name));
      step(response);
    };
  running = await followed(
    listed,
    noted('error', watch([b, line('ERROR', { code: 500 })])),
    noted('silent', open),
    watch([c]),
  );
  await eventually('both to be closed', () => closed.length === 2, 4_000);
  expect(closed).toEqual(['error', 'silent']);
});

test('a proxy that closes each watch at once is not asked without a wait', async () => {
  running = await followed(listed, refuse(200, ''));
  const { log, cache } = running;
  await eventually('six tries', () => log.lines.length === 6, 4_000);
  const waits = log.lines.map(({ fields }) => Number(fields.waitMs));
  expect(waits).toEqual(waits.toSorted((one, other) => one - other));
  expect(waits.at(-1)).toBeGreaterThanOrEqual(16_000);
  expect(running.asked.filter((one) => one === 'list')).toHaveLength(1);
  const ends = [...cache.health.ends].filter(([, count]) => count > 0);
  expect(ends.map(([reason]) => reason)).toEqual(['closed']);
});
