import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../../src/errors.ts';
import { ApiError, ApiUnreachable } from '../../../src/kube/api-error.ts';
import { firstAnswer } from '../../../src/kube/first-answer.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { refusal } from '../../support/memory-api.ts';
import { memoryLog } from '../../support/memory-log.ts';

const away = new ApiUnreachable('GET /version', new Error('refused'));

/** Asks somebody who answers so, one after the other, the last one again and again. */
function asking(...answers: (Error | string)[]) {
  const clock = new FakeClock();
  const log = memoryLog();
  const stop = new AbortController();
  const said: string[] = [];
  let asked = 0;
  const ask = (): Promise<string> => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? '';
    asked += 1;
    return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer);
  };
  const waits = (why: string): void => {
    said.push(why);
  };
  const answer = firstAnswer(ask, { clock, log, waits }, stop.signal);
  answer.catch(() => undefined);
  return { answer, clock, log, stop, said, asked: () => asked };
}

test('an answer is taken at once', async () => {
  const { answer, said, log } = asking('v1.36.3');
  await expect(answer).resolves.toBe('v1.36.3');
  expect([said, log.at('warn')]).toEqual([[], []]);
});

describe('is waited for, and says why', () => {
  const passing = {
    'an API server that does not answer': away,
    'one that is not ready yet': refusal(503, 'ServiceUnavailable'),
    'one that has too much to do': refusal(429, 'TooManyRequests'),
    'a proxy without it': refusal(502, ''),
  };
  test.each(Object.entries(passing))('%s', async (_, error) => {
    const { answer, clock, log, said } = asking(error, error, 'v1.36.3');
    await settle();
    await clock.advance(600 + 1_200);
    await expect(answer).resolves.toBe('v1.36.3');
    expect(said).toEqual([error.message, error.message]);
    expect(log.at('warn')).toHaveLength(2);
  });
});

test('a server that says how long is waited for so long', async () => {
  const busy = new ApiError('GET /version', 429, { details: { retryAfterSeconds: 60 } });
  const { answer, clock, asked } = asking(busy, 'v1.36.3');
  await clock.advance(59_000);
  expect(asked()).toBe(1);
  await clock.advance(1_000);
  await expect(answer).resolves.toBe('v1.36.3');
});

test('the wait doubles up to 30 s, and a fifth', async () => {
  const { clock, asked, stop, answer } = asking(away);
  await settle();
  await clock.advance(3_600_000);
  expect(asked()).toBeGreaterThan(3_600 / 36);
  expect(asked()).toBeLessThan(3_600 / 30 + 8);
  stop.abort();
  await expect(answer).resolves.toBeUndefined();
});

test('who is asked to stop does not wait, nor say that anything is wrong', async () => {
  const { answer, stop, clock, said } = asking(away);
  stop.abort();
  await expect(answer).resolves.toBeUndefined();
  expect([said, clock.pending]).toEqual([[], 0]);
});

describe('is a no that stays one', () => {
  const final = {
    'credentials that are not taken': refusal(401, 'Unauthorized'),
    'a role that is missing': refusal(403, 'Forbidden'),
    'no API server at all': refusal(404, 'NotFound'),
  };
  test.each(Object.entries(final))('%s', async (_, error) => {
    const { answer, asked } = asking(error);
    await expect(answer).rejects.toThrow(new UserError(error.message, 'ApiServerRefused'));
    expect(asked()).toBe(1);
  });
  const mistaken = {
    'another certificate': Object.assign(new Error('not in the list'), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    }),
    'a CA that is not its own': Object.assign(new Error('unable to verify'), {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    }),
    'no credentials': new UserError('the plugin is not there', 'KubeconfigInvalid'),
  };
  test.each(Object.entries(mistaken))('%s', async (_, cause) => {
    const { answer, asked } = asking(new ApiUnreachable('GET /version', cause));
    await expect(answer).rejects.toMatchObject({ code: 'ApiServerUnreachable' });
    expect(asked()).toBe(1);
  });
  test('and a bug is one', async () => {
    await expect(asking(new TypeError('x is undefined')).answer).rejects.toThrow(TypeError);
  });
});
