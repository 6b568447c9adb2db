import { expect, test } from '@jest/globals';
import { createBindingDecider } from '../../../../controllers/binding/binding.ts';
import { createNodeMemory } from '../../../../controllers/binding/in-use/node-memory.ts';
import { outOfUse, setup } from '../../../support/deciding.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { KEY, make } from '../../../support/make.ts';
import { deeds } from '../../../support/said.ts';

test('what the application hands around besides hides no cache', async () => {
  const { caches, api } = setup(outOfUse, { claims: [make.claim()] });
  const { defaults } = make;
  // Those that the operator is for; absent for all.
  const clock = new FakeClock();
  const nodeMemory = createNodeMemory(clock);
  const working = { caches, client: api, clock, nodeMemory, defaults, namespaces: undefined };
  const decide = createBindingDecider({ ...working, rescueNamespace: 'rescue' });
  const plan = await decide(KEY, new AbortController().signal);
  expect(deeds(plan.writes)).toContain('create Job');
});
