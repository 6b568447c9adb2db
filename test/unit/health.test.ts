import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { createHealthServer, type Check, type Health } from '../../src/health.ts';
import { createMetrics } from '../../src/metrics.ts';

const holds: Check = () => undefined;
const fails: Check = () => 'it hangs';

let health: Health;
let server: ReturnType<typeof createHealthServer>;
const ask = async (path: string): Promise<{ code: number; text: string }> => {
  const { statusCode, body } = await server.inject(path);
  return { code: statusCode, text: body };
};
const serve = (checks: { live?: [string, Check][]; ready?: [string, Check][] }): void => {
  health = { live: new Map(checks.live), ready: new Map(checks.ready) };
  server = createHealthServer(health, createMetrics({ version: '1.2.3', timers: systemClock }));
};
afterEach(() => server.close());

describe('a probe', () => {
  const cases: Record<string, { checks: [string, Check][]; code: number; text: string }> = {
    'without checks passes': { checks: [], code: 200, text: '' },
    'passes while all checks do': {
      checks: [
        ['a', holds],
        ['b', holds],
      ],
      code: 200,
      text: '[+]a\n[+]b\n',
    },
    'fails with one of them, named, with the reason': {
      checks: [
        ['a', holds],
        ['b', fails],
      ],
      code: 503,
      text: '[+]a\n[-]b: it hangs\n',
    },
  };
  describe.each(['live', 'ready'] as const)('for %s', (kind) => {
    const paths = { live: ['/livez', '/healthz'], ready: ['/readyz'] }[kind];
    test.each(Object.entries(cases))('%s', async (_, { checks, code, text }) => {
      serve({ [kind]: checks });
      for (const path of paths) expect(await ask(path)).toEqual({ code, text });
    });
  });
  test('looks anew each time', async () => {
    serve({ ready: [['start', fails]] });
    expect((await ask('/readyz')).code).toBe(503);
    health.ready.delete('start');
    expect((await ask('/readyz')).code).toBe(200);
  });
});

test('what keeps it from being ready does not end the process', async () => {
  serve({ live: [['a', holds]], ready: [['b', fails]] });
  expect([(await ask('/livez')).code, (await ask('/readyz')).code]).toEqual([200, 503]);
});
