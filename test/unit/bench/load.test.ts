import { expect, test } from '@jest/globals';
import { byTurns, load } from '../../../bench/load.ts';

test('as many requests are under way as there are clients, each with a number of its own', async () => {
  let underWay = 0;
  let most = 0;
  const numbers = new Set<number>();
  const request = async (index: number): Promise<void> => {
    numbers.add(index);
    underWay += 1;
    most = Math.max(most, underWay);
    await Promise.resolve();
    underWay -= 1;
  };
  const { ms } = await load({ request }, { clients: 3, samples: 10 });
  expect([ms.length, numbers.size, most]).toEqual([10, 10, 3]);
});

test('a request that fails fails the load', async () => {
  const request = (): Promise<void> => Promise.reject(new Error('denied'));
  await expect(load({ request }, { clients: 2, samples: 4 })).rejects.toThrow('denied');
});

test('subjects take turns, and another one begins each round', async () => {
  const order: string[] = [];
  const named = (name: string): { request: () => Promise<number> } => ({
    request: () => Promise.resolve(order.push(name)),
  });
  const subjects = { a: named('a'), b: named('b') };
  const found = await byTurns(subjects, { clients: 1, samples: 4, rounds: 2 });
  expect(order).toEqual(['a', 'a', 'b', 'b', 'b', 'b', 'a', 'a']);
  expect([found.a.length, found.b.length]).toEqual([2, 2]);
});
