import { expect, test } from '@jest/globals';
import { watchRest } from './at-rest.ts';
import { silentReporter } from './cluster/reporter.ts';

/*
 * The short form of `npm run bench -- idle`, for each run of CI: a request by a timer or by object would
 * show here, too.
 */

test('with idle bindings the operator asks for nothing but leases and watches, and says nothing', async () => {
  const { asked, disturbing, logged } = await watchRest('e2e-idle', {
    bindings: 50,
    seconds: 15,
    reporter: silentReporter,
  });
  expect({ disturbing, logged }).toEqual({ disturbing: [], logged: [] });
  // It was there all the while.
  expect(asked.get('update leases')).toBeGreaterThanOrEqual(3);
});
