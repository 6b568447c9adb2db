import { expect, test } from '@jest/globals';
import { Pulse } from '../../../src/kube/pulse.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('every reason for which a watch may end is counted from 0', () => {
  const pulse = new Pulse(new FakeClock());
  const none = { closed: 0, cut: 0, silent: 0, expired: 0, refused: 0, fault: 0 };
  expect(Object.fromEntries(pulse.ends)).toEqual(none);
  pulse.ended('fault');
  expect(Object.fromEntries(pulse.ends)).toEqual({ ...none, fault: 1 });
});
