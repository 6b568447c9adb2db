import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../src/errors.ts';
import { identify, isAlive, type ProcessId } from './process-table.ts';

/** What to lock and how to wait for it. */
export interface LockRequest {
  /** A path nobody else uses; a folder of this name stands for the lock. */
  readonly file: string;
  /** Subject of messages, such as "the build of etcd". */
  readonly what: string;
  /** Milliseconds until a UserError names the holder. */
  readonly timeout: number;
  /** Called once when another process holds the lock. */
  readonly onWait?: (holder: number) => void;
}

/**
 * Runs `work` while holding a lock between processes. The lock of a process that was killed is
 * taken over: its identity stands in the lock.
 */
export async function withLock<T>(request: LockRequest, work: () => Promise<T>): Promise<T> {
  await acquire(request);
  try {
    return await work();
  } finally {
    await rm(request.file, { recursive: true, force: true });
  }
}

async function acquire(request: LockRequest): Promise<void> {
  await mkdir(dirname(request.file), { recursive: true });
  const deadline = Date.now() + request.timeout;
  let told = false;
  for (;;) {
    if (await tryAcquire(request.file)) return;
    const holder = await holderOf(request.file);
    if (holder === 'dead') {
      await discard(request.file);
      continue;
    }
    if (!told && holder !== 'unknown') {
      told = true;
      request.onWait?.(holder.pid);
    }
    if (Date.now() > deadline) {
      const who = holder === 'unknown' ? 'another process' : `process ${holder.pid}`;
      throw new UserError(`${request.what} is in the hands of ${who}; wait for it or end it`);
    }
    await sleep(50);
  }
}

/** A folder that is complete before it appears under its name: rename refuses a non-empty target. */
async function tryAcquire(file: string): Promise<boolean> {
  const mine = `${file}.${randomUUID()}`;
  await mkdir(mine);
  await writeFile(join(mine, 'holder.json'), JSON.stringify(await identify(process.pid)));
  try {
    await rename(mine, file);
    return true;
  } catch {
    await rm(mine, { recursive: true, force: true });
    return false;
  }
}

async function holderOf(file: string): Promise<ProcessId | 'dead' | 'unknown'> {
  const text = await readFile(join(file, 'holder.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return 'unknown';
  const holder = JSON.parse(text) as ProcessId;
  return (await isAlive(holder)) ? holder : 'dead';
}

/**
 * Moves a dead lock aside, so that of two processes that see it dead only one removes it. Should
 * another have taken it over in between, it is put back.
 */
async function discard(file: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    if ((await holderOf(aside)) === 'dead') await rm(aside, { recursive: true, force: true });
    else await rename(aside, file);
  } catch {
    // Another process was faster.
  }
}
