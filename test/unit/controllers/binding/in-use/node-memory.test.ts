import { describe, expect, test } from '@jest/globals';
import {
  createNodeMemory,
  type NodeMemory,
} from '../../../../../controllers/binding/in-use/node-memory.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

const GAP_MS = 25_000;
const remembering = () => {
  const clock = new FakeClock();
  const memory = createNodeMemory(clock);
  return { clock, memory };
};
const renewed = (memory: NodeMemory, seconds: number, name = 'node-1') =>
  memory.renewed(name, seconds * 1000, GAP_MS);
const stretch = (since: number, until: number) => ({ since: since * 1000, until: until * 1000 });

describe('a stretch', () => {
  test('goes on with each renewal that is not after a gap, and begins anew with one that is', () => {
    const { memory } = remembering();
    expect(renewed(memory, 100)).toEqual(stretch(100, 100));
    expect(renewed(memory, 125)).toEqual(stretch(100, 125));
    expect(renewed(memory, 151)).toEqual(stretch(151, 151));
  });
  test('is over when a look has shown something else', () => {
    const { memory } = remembering();
    renewed(memory, 100);
    memory.interrupted('node-1');
    expect(renewed(memory, 110)).toEqual(stretch(110, 110));
  });
  test('is one of each node', () => {
    const { memory } = remembering();
    renewed(memory, 100);
    expect(renewed(memory, 110, 'node-2')).toEqual(stretch(110, 110));
    memory.interrupted('node-2');
    expect(renewed(memory, 120)).toEqual(stretch(100, 120));
  });
  test('is forgotten when nobody has looked for 5 minutes', async () => {
    const { clock, memory } = remembering();
    renewed(memory, 100);
    await clock.advance(300_000);
    expect(renewed(memory, 110)).toEqual(stretch(100, 110));
    await clock.advance(300_001);
    expect(renewed(memory, 120)).toEqual(stretch(120, 120));
  });
});

describe('the next leader', () => {
  const handedOn = (text: string | undefined): NodeMemory => {
    const { memory } = remembering();
    memory.take(text ?? '');
    return memory;
  };
  test('goes on where the last one has looked', () => {
    const { memory } = remembering();
    renewed(memory, 100);
    renewed(memory, 120);
    expect(renewed(handedOn(memory.give()), 145)).toEqual(stretch(100, 145));
  });
  test('hands on what it has been given, also when it had no time to look itself', () => {
    const { memory } = remembering();
    renewed(memory, 100);
    const third = handedOn(handedOn(memory.give()).give());
    expect(renewed(third, 120)).toEqual(stretch(100, 120));
  });
  test('begins anew when the node was not heard of for too long meanwhile', () => {
    const { memory } = remembering();
    renewed(memory, 100);
    expect(renewed(handedOn(memory.give()), 126)).toEqual(stretch(126, 126));
  });
  test('begins anew with a node that the last one saw interrupted', () => {
    const { memory } = remembering();
    renewed(memory, 100);
    memory.interrupted('node-1');
    renewed(memory, 100, 'node-2');
    expect(renewed(handedOn(memory.give()), 110)).toEqual(stretch(110, 110));
  });
  test('who has led before believes the last one, which may have seen an interruption', () => {
    const { memory } = remembering();
    renewed(memory, 100);
    renewed(memory, 100, 'node-2');
    const { memory: last } = remembering();
    renewed(last, 110, 'node-2');
    memory.take(last.give() ?? '');
    expect(renewed(memory, 120)).toEqual(stretch(120, 120));
    expect(renewed(memory, 120, 'node-2')).toEqual(stretch(110, 120));
    memory.take('');
    expect(memory.give()).toBeUndefined();
  });
  test('is given nothing where nobody waits, so that a Lease at rest stays as it is', async () => {
    const { clock, memory } = remembering();
    expect(memory.give()).toBeUndefined();
    renewed(memory, 100);
    await clock.advance(300_000);
    expect(memory.give()).toBeDefined();
    await clock.advance(1);
    expect(memory.give()).toBeUndefined();
  });
  test('is given the 500 nodes that were looked at last: an annotation has its limit', () => {
    const { memory } = remembering();
    const name = (index: number): string => `node-${index}-${'x'.repeat(240)}`;
    for (let index = 0; index < 600; index += 1) renewed(memory, 100, name(index));
    renewed(memory, 110, name(0));
    const text = memory.give() ?? '';
    const next = handedOn(text);
    expect(text.length).toBeLessThan(250_000);
    expect(renewed(next, 110, name(0))).toEqual(stretch(100, 110));
    expect(renewed(next, 110, name(1))).toEqual(stretch(110, 110));
    expect(renewed(next, 110, name(599))).toEqual(stretch(100, 110));
  });

  const until = '1970-01-01T00:01:40.000Z';
  const unreadable: Record<string, string> = {
    'no JSON': '{"node-1":',
    null: 'null',
    'a list': '[1]',
    'no stretch': '{"node-1":7}',
    'half a stretch': JSON.stringify({ 'node-1': { until } }),
    'no time': JSON.stringify({ 'node-1': { since: 'then', until } }),
    'an end before the beginning': JSON.stringify({
      'node-1': { since: '1970-01-01T00:01:41.000Z', until },
    }),
  };
  test.each(Object.entries(unreadable))('begins anew where it is given %s', (_, text) => {
    expect(renewed(handedOn(text), 110)).toEqual(stretch(110, 110));
  });
});
