import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { ApiError, ApiUnreachable } from '../../../src/kube/api-error.ts';
import { settle } from '../../support/fake-clock.ts';
import { httpStub, type HttpStub } from '../../support/http-stub.ts';
import { make, T0 } from '../../support/make.ts';

let stub: HttpStub;
beforeEach(async () => {
  stub = await httpStub();
});
afterEach(() => stub.close());

const pod = { kind: 'Pod', namespace: 'shop', name: 'app-0' } as const;

describe('answers', () => {
  test('an object keeps fields that nobody knows', async () => {
    stub.json(200, { kind: 'Pod', future: [1] });
    expect(await stub.client.get(pod)).toEqual({ kind: 'Pod', future: [1] });
  });
  test('404 of a get is undefined, and of nothing else', async () => {
    stub.json(404, { reason: 'NotFound' });
    expect(await stub.client.get(pod)).toBeUndefined();
    await expect(stub.client.evict(pod, 'u')).rejects.toMatchObject({ code: 404 });
  });
  test('items of a list get the kind that the list says', async () => {
    const body = {
      apiVersion: 'v1',
      kind: 'PodList',
      metadata: { resourceVersion: '7', continue: '' },
      items: [{ metadata: { name: 'a' } }],
    };
    stub.json(200, body, { date: 'Thu, 01 Jan 2026 00:01:40 GMT' });
    const list = await stub.client.list('Pod', {
      namespace: 'shop',
      labelSelector: 'a=b',
      limit: 5,
    });
    expect(list).toEqual({
      resourceVersion: '7',
      servedAt: T0 + 100_000,
      items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }],
    });
    expect(stub.asked[0]?.request).toBe(
      'GET /prefix/api/v1/namespaces/shop/pods?labelSelector=a%3Db&limit=5',
    );
  });
  const undated: Record<string, (response: ServerResponse) => void> = {
    'has no date': (response) => (response.sendDate = false),
    'has no date that can be read': (response) => response.setHeader('date', 'now'),
  };
  test.each(Object.entries(undated))(
    'a list %s: nobody knows when it was served',
    async (_, say) => {
      stub.answer = (response) => {
        say(response);
        response.end('{"kind":"PodList","metadata":{},"items":[]}');
      };
      expect(await stub.client.list('Pod', {})).not.toHaveProperty('servedAt');
    },
  );
  test('a list that goes on says where', async () => {
    const metadata = { resourceVersion: '7', continue: 'token' };
    stub.json(200, { apiVersion: 'v1', kind: 'PodList', metadata, items: [] });
    expect(await stub.client.list('Pod', {})).toMatchObject({ continue: 'token' });
  });
  test('the version is the one of the server', async () => {
    stub.json(200, { gitVersion: 'v1.36.3' });
    expect(await stub.client.version()).toBe('v1.36.3');
  });
  test('a stream is read as it comes', async () => {
    stub.answer = (response) => {
      response.write('one\n');
      response.end('two\n');
    };
    const { signal } = new AbortController();
    const { body, servedAt } = await stub.client.stream('Pod', { watch: 'true' }, signal);
    expect(Math.abs(Date.now() - (servedAt ?? 0))).toBeLessThan(60_000);
    let text = '';
    for await (const chunk of body) text += chunk.toString();
    expect(text).toBe('one\ntwo\n');
    expect(stub.asked[0]?.request).toBe('GET /prefix/api/v1/pods?watch=true');
    const ofOne = { namespace: 'shop', fieldSelector: 'metadata.name=a' };
    await stub.client.stream('Pod', ofOne, new AbortController().signal);
    expect(stub.asked[1]?.request).toBe(
      'GET /prefix/api/v1/namespaces/shop/pods?fieldSelector=metadata.name%3Da',
    );
  });
});

describe('each try is told, for metrics', () => {
  test('with what the API server answered, or that nobody did', async () => {
    const seen = (): unknown[] => stub.requested.map(({ method, code }) => [method, code]);
    await stub.client.get(pod);
    stub.json(429, { reason: 'TooManyRequests' });
    await stub.client.create(make.job()).catch(() => undefined);
    expect(seen()).toEqual([
      ['GET', 200],
      ['POST', 429],
    ]);
    expect(stub.requested[0]?.host).toMatch(/^127\.0\.0\.1:\d+$/);
    // A repeatable request that is cut off is tried once more.
    stub.answer = (response) => response.destroy();
    await expect(stub.client.get(pod)).rejects.toBeInstanceOf(ApiUnreachable);
    expect(seen().slice(2)).toEqual([
      ['GET', undefined],
      ['GET', undefined],
    ]);
  });
});

describe('warnings', () => {
  const said = async (warning: string | string[], code = 200): Promise<string[]> => {
    stub.answer = (response) => {
      response.setHeader('warning', warning).writeHead(code).end('{}');
    };
    const texts: string[] = [];
    const onWarning = (text: string): void => {
      texts.push(text);
    };
    await stub.client.create(make.job(), { onWarning }).catch(() => undefined);
    return texts;
  };
  const cases: Record<string, { header: string | string[]; texts: string[] }> = {
    'one, with quotes in it': {
      header: '299 - "unknown field \\"spec.unk\\""',
      texts: ['unknown field "spec.unk"'],
    },
    'several headers': { header: ['299 - "a"', '299 agent "b\\\\c"'], texts: ['a', 'b\\c'] },
    'several in one header': { header: '299 - "a, b", 299 - "c"', texts: ['a, b', 'c'] },
    'in more than ASCII': {
      header: Buffer.from('299 - "Größe…"', 'utf8').toString('latin1'),
      texts: ['Größe…'],
    },
    'of a proxy: not for us': { header: '110 proxy "Response is Stale"', texts: [] },
  };
  test.each(Object.entries(cases))('%s', async (_, { header, texts }) => {
    expect(await said(header)).toEqual(texts);
  });
  test('are told of a refusal, too', async () => {
    expect(await said('299 - "a"', 422)).toEqual(['a']);
  });
  test('are none where there are none', async () => {
    expect(await said([])).toEqual([]);
  });
});

describe('refusals', () => {
  test('carry code, reason and message of the Status', async () => {
    stub.json(422, { kind: 'Status', code: 422, reason: 'Invalid', message: 'spec is wrong' });
    const error = await stub.client.create(make.job()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 422, reason: 'Invalid' });
    expect((error as Error).message).toContain('POST /apis/batch/v1/namespaces/shop/jobs: spec is');
  });
  test('of a proxy carry what it says', async () => {
    stub.answer = (response) => {
      response.writeHead(502);
      response.end('<html>bad gateway</html>');
    };
    await expect(stub.client.evict(pod, 'u')).rejects.toMatchObject({
      code: 502,
      reason: '',
      status: { message: '<html>bad gateway</html>' },
    });
  });
  test('of a proxy that says a lot are cut', async () => {
    stub.answer = (response) => {
      response.writeHead(502);
      response.end(`\n${'x'.repeat(5_000)}`);
    };
    const error = await stub.client.get(pod).catch((thrown: unknown) => thrown);
    expect((error as ApiError).status.message).toBe('x'.repeat(199));
  });
  test('with Retry-After say how long to wait', async () => {
    stub.json(429, { reason: 'TooManyRequests' }, { 'retry-after': '3' });
    await expect(stub.client.evict(pod, 'u')).rejects.toMatchObject({ retryAfterMs: 3000 });
  });
  describe('401', () => {
    const refuseFirst = (times: number): void => {
      stub.answer = (response) => {
        if (stub.asked.length <= times) response.writeHead(401);
        response.end('{"kind":"Pod"}');
      };
    };
    test('makes the credentials be read anew, and the request be made once more', async () => {
      refuseFirst(1);
      const job = make.job();
      expect(await stub.client.create(job)).toEqual({ kind: 'Pod' });
      expect(stub.renewals).toBe(1);
      expect(stub.asked.map(({ request, body }) => [request.slice(0, 4), body])).toEqual([
        ['POST', job],
        ['POST', job],
      ]);
    });
    test('of the new ones, too, is the answer, and the next request reads them anew', async () => {
      refuseFirst(2);
      await expect(stub.client.get(pod)).rejects.toMatchObject({ code: 401 });
      expect([stub.renewals, stub.asked.length]).toEqual([2, 2]);
    });
    test('is no 403', async () => {
      stub.json(403, {});
      await expect(stub.client.get(pod)).rejects.toMatchObject({ code: 403 });
      expect([stub.renewals, stub.asked.length]).toEqual([0, 1]);
    });
  });
});

describe('a connection that was kept and that the server closes just when it is used again', () => {
  const { metadata, ...rest } = make.job();
  const { name: _name, ...nameless } = metadata;
  const cases: Record<string, { call: () => Promise<unknown>; asked: number }> = {
    'costs a read nothing': { call: () => stub.client.get(pod), asked: 2 },
    'costs a create nothing': { call: () => stub.client.create(make.job()), asked: 2 },
    'costs an eviction nothing': { call: () => stub.client.evict(pod, 'u'), asked: 2 },
    'costs a delete nothing': {
      call: () => stub.client.delete(pod, { uid: 'u', propagation: 'Background' }),
      asked: 2,
    },
    'fails a create that the server would name: it may be done': {
      call: () =>
        stub.client.create({ ...rest, metadata: { ...nameless, generateName: 'x-' } } as never),
      asked: 1,
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { call, asked }) => {
    const ports: unknown[] = [];
    stub.answer = (response) => {
      ports.push(response.socket?.remotePort);
      if (ports.length === 2) response.destroy();
      else response.end('{}');
    };
    await stub.client.version();
    // Until then the connection counts as used.
    await settle();
    const outcome = await call().catch((error: unknown) => error);
    expect(outcome instanceof ApiUnreachable).toBe(asked === 1);
    expect(stub.asked).toHaveLength(1 + asked);
    // The second one met the connection of the first.
    expect(ports[1]).toBe(ports[0]);
  });
  test('is no reason to try for ever', async () => {
    stub.answer = (response) => response.destroy();
    await expect(stub.client.get(pod)).rejects.toBeInstanceOf(ApiUnreachable);
    expect(stub.asked).toHaveLength(2);
  });
  test('is no reason to begin anew when an answer has begun', async () => {
    stub.answer = (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"kind":');
      setTimeout(() => response.destroy(), 5);
    };
    await expect(stub.client.get(pod)).rejects.toBeInstanceOf(ApiUnreachable);
    expect(stub.asked).toHaveLength(1);
  });
});

describe('no answer', () => {
  const cases: Record<string, { prepare: () => void; call?: () => Promise<unknown> }> = {
    'a connection that is cut': {
      prepare: () => {
        stub.answer = (response) => response.destroy();
      },
    },
    'a body that is cut': {
      prepare: () => {
        stub.answer = (response) => {
          response.writeHead(200, { 'content-length': '100' });
          response.write('{"kind":');
          setTimeout(() => response.destroy(), 5);
        };
      },
    },
    'a request whose time is over': {
      prepare: () => {
        stub.answer = () => undefined;
      },
      call: () => stub.client.get(pod, { signal: AbortSignal.timeout(20) }),
    },
  };
  test('a body that does not end: its time is over after 60 s', async () => {
    const start = setTimeout;
    const timeout = jest
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation((run, ms) => start(run, ms === 60_000 ? 20 : ms));
    stub.answer = (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"kind":');
    };
    try {
      await expect(stub.client.get(pod)).rejects.toBeInstanceOf(ApiUnreachable);
      await expect(
        stub.client.get(pod, { signal: new AbortController().signal }),
      ).rejects.toBeInstanceOf(ApiUnreachable);
      expect(timeout).toHaveBeenCalledWith(expect.any(Function), 60_000);
    } finally {
      timeout.mockRestore();
    }
  });
  test('a stream has no such time', async () => {
    const timeout = jest.spyOn(globalThis, 'setTimeout');
    const { body } = await stub.client.stream('Pod', {}, new AbortController().signal);
    const chunks: string[] = [];
    for await (const chunk of body) chunks.push(chunk.toString());
    expect(chunks).toEqual(['{}']);
    expect(timeout).not.toHaveBeenCalledWith(expect.any(Function), 60_000);
    timeout.mockRestore();
  });
  test.each(Object.entries(cases))(
    '%s',
    async (_, { prepare, call = () => stub.client.get(pod) }) => {
      prepare();
      await expect(call()).rejects.toBeInstanceOf(ApiUnreachable);
    },
  );
});
