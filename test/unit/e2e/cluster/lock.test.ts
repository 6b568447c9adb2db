import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../../../e2e/cluster/lock.ts';
import { identify } from '../../../../e2e/cluster/process-table.ts';

let folder: string;
const request = (timeout = 5000): { file: string; what: string; timeout: number } => ({
  file: join(folder, 'lock'),
  what: 'the thing',
  timeout,
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fluent-pvc-lock-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function heldBy(holder: unknown): Promise<void> {
  await writeFile(join(folder, 'lock'), JSON.stringify(holder));
}

describe('withLock', () => {
  it('lets one in at a time and leaves nothing', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(request(), work)));
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free again after work that failed', async () => {
    const failing = withLock(request(), () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await withLock(request(), () => Promise.resolve('in'))).toBe('in');
  });

  it('takes over from a process that is gone, even if another has its number now', async () => {
    await heldBy({ pid: process.pid, startTime: 'long ago' });
    expect(await withLock(request(), () => Promise.resolve('in'))).toBe('in');
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over from a process that was killed before it wrote its name', async () => {
    await writeFile(join(folder, 'lock'), '');
    await utimes(join(folder, 'lock'), 0, 0);
    expect(await withLock(request(), () => Promise.resolve('in'))).toBe('in');
  });

  it('waits no longer when it is told so', async () => {
    await heldBy(await identify(process.pid));
    const stop = new AbortController();
    const onWait = (): void => {
      stop.abort(new Error('interrupted'));
    };
    const waiting = withLock({ ...request(), onWait, signal: stop.signal }, () =>
      Promise.resolve('in'),
    );
    await expect(waiting).rejects.toThrow('interrupted');
  });

  it('names the holder when it does not let go', async () => {
    await heldBy(await identify(process.pid));
    const waiting = withLock(request(0), () => Promise.resolve('in'));
    await expect(waiting).rejects.toThrow(`the thing is in the hands of process ${process.pid}`);
  });
});
