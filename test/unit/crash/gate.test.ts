import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ApiWrite } from '../../crash/api-write.ts';
import { createGate, type Gate } from '../../crash/gate.ts';

const write = (name: string): ApiWrite => ({
  verb: 'create',
  resource: 'pods',
  namespace: 'default',
  name,
  subresource: '',
  body: undefined,
});
const named =
  (name: string) =>
  (one: ApiWrite): boolean =>
    one.name === name;

let done: string[];
let gate: Gate;
beforeEach(() => {
  done = [];
  gate = createGate(() => {
    done.push('killed');
    return Promise.resolve();
  });
});

const through = (name: string, life = gate.life): Promise<string | undefined> =>
  gate.through(life, write(name), () => {
    done.push(name);
    return Promise.resolve(`answer to ${name}`);
  });

describe('a gate', () => {
  test('lets pass what nobody waits for, and keeps it', async () => {
    expect(await through('a')).toBe('answer to a');
    expect(gate.written).toEqual([write('a')]);
  });

  test('lets pass one write at a time', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<string>();
    const first = gate.through(1, write('a'), () => answered);
    const second = through('b');
    await Promise.resolve();
    expect(done).toEqual([]);
    answer('late');
    expect(await first).toBe('late');
    expect(await second).toBe('answer to b');
  });

  test('goes on after a write that failed', async () => {
    const failed = gate.through(1, write('a'), () => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(await through('b')).toBe('answer to b');
  });

  test('kills before a write, which is then not carried out', async () => {
    const struck = gate.arm({ matches: named('a'), moment: 'before' });
    expect(await through('a')).toBeUndefined();
    expect((await struck).name).toBe('a');
    expect(done).toEqual(['killed']);
    expect(gate.written).toEqual([]);
  });

  test('kills after a write, whose answer is then not given', async () => {
    const struck = gate.arm({ matches: named('a'), moment: 'after' });
    expect(await through('a')).toBeUndefined();
    await struck;
    expect(done).toEqual(['a', 'killed']);
  });

  test('carries nothing out that the dead had asked for', async () => {
    void gate.arm({ matches: named('a'), moment: 'after' });
    const [, queued] = await Promise.all([through('a'), through('b')]);
    expect(queued).toBeUndefined();
    expect(await through('late', 1)).toBeUndefined();
    expect(done).toEqual(['a', 'killed']);
    expect(await through('b')).toBe('answer to b');
  });

  test('strikes once', async () => {
    void gate.arm({ matches: named('a'), moment: 'before' });
    await through('a');
    expect(await through('a')).toBe('answer to a');
  });

  test('withholds what is held, and nothing else, until it is let go', async () => {
    const release = gate.hold(named('a'));
    const held = through('a');
    expect(await through('b')).toBe('answer to b');
    release();
    expect(await held).toBe('answer to a');
    expect(done).toEqual(['b', 'a']);
  });
});
