import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readEvents, type WatchEvent } from '../../../src/kube/watch-stream.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { make } from '../../support/make.ts';

async function read(...chunks: (string | Buffer)[]): Promise<WatchEvent<Pod>[]> {
  const body = async function* (): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
  };
  const events: WatchEvent<Pod>[] = [];
  for await (const event of readEvents<Pod>(body())) events.push(event);
  return events;
}
const added = { type: 'ADDED', object: make.pod({ metadata: { annotations: { a: 'ü – 🪣' } } }) };
const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '7' } } };
const line = (event: object): string => `${JSON.stringify(event)}\n`;

describe('lines', () => {
  const cases: Record<string, { chunks: string[]; events: object[] }> = {
    'one a chunk': { chunks: [line(added), line(bookmark)], events: [added, bookmark] },
    'several a chunk': { chunks: [line(added) + line(bookmark)], events: [added, bookmark] },
    'empty ones between': { chunks: [`\n${line(added)}\n\n`], events: [added] },
    'empty chunks between': { chunks: ['', line(added), ''], events: [added] },
    'a last one that was cut off is no event': {
      chunks: [line(added), '{"type":"ADDED","obj'],
      events: [added],
    },
    'a newline that comes alone': { chunks: [JSON.stringify(added), '\n'], events: [added] },
    none: { chunks: [], events: [] },
  };
  test.each(Object.entries(cases))('%s', async (_, { chunks, events }) => {
    expect(await read(...chunks)).toEqual(events);
  });

  test('cut anywhere, also inside a character', async () => {
    const bytes = Buffer.from(line(added) + line(bookmark) + line(added));
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const edges = [0, ...places.toSorted((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
        expect(await read(...chunks)).toEqual([added, bookmark, added]);
      }),
      { numRuns: 60 },
    );
  });

  test('cut at every single byte', async () => {
    const bytes = Buffer.from(line(added));
    expect(await read(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual([added]);
  });
});

describe('an ERROR', () => {
  test('has the code of its Status', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
    expect(await read(line({ type: 'ERROR', object: status }))).toEqual([
      { type: 'ERROR', code: 410, status },
    ]);
  });
  test('without a code is a 500', async () => {
    expect(await read(line({ type: 'ERROR', object: {} }))).toEqual([
      { type: 'ERROR', code: 500, status: {} },
    ]);
  });
});

test('a line that is no JSON is thrown, not swallowed', async () => {
  await expect(read('<html>\n')).rejects.toThrow(SyntaxError);
});
