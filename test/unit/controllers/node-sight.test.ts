import { expect, test } from '@jest/globals';
import { createNodeFinder } from '../../../controllers/node-sight.ts';
import { node, nodeLease } from '../../support/finding.ts';
import { at, T0 } from '../../support/make.ts';
import { memoryApi } from '../../support/memory-api.ts';

const setup = () => {
  const api = memoryApi(node(), nodeLease);
  const find = createNodeFinder(api);
  const look = (seconds: number) =>
    find('node-1', T0 + seconds * 1000, new AbortController().signal);
  const renew = (seconds: number): void => {
    api.put({ ...nodeLease, ...{ spec: { renewTime: at(seconds) } } });
  };
  return { api, look, renew };
};

test('one look serves all who ask within 5 s', async () => {
  const { api, look } = setup();
  await Promise.all([look(0), look(0), look(4.9)]);
  expect(api.requests).toHaveLength(2);
  await look(5);
  expect(api.requests).toHaveLength(4);
});

test('a gap that one binding has seen is there for the next one, too', async () => {
  const { look, renew } = setup();
  renew(0);
  await look(0);
  renew(40);
  expect(await look(41)).toMatchObject({ unbrokenSince: T0 + 40_000 });
  renew(50);
  expect(await look(50)).toMatchObject({ unbrokenSince: T0 + 40_000 });
});

test('a node that is not Ready starts over when it is', async () => {
  const { api, look, renew } = setup();
  renew(0);
  await look(0);
  api.put(node({ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }));
  expect(await look(5)).not.toHaveProperty('unbrokenSince');
  api.put(node());
  renew(10);
  expect(await look(10)).toMatchObject({ unbrokenSince: T0 + 10_000 });
});

test('a look that fails is nothing seen: who asks next looks again', async () => {
  const { api, look, renew } = setup();
  renew(0);
  await look(0);
  api.refuse = () => new Error('no answer');
  await expect(look(6)).rejects.toThrow('no answer');
  api.refuse = () => undefined;
  renew(10);
  expect(await look(7)).toMatchObject({ unbrokenSince: T0 });
});
