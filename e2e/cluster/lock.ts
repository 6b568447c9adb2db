import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../src/errors.ts';
import { errorCode } from './error-code.ts';
import { identify, isAlive, type ProcessId } from './process-table.ts';

/** What to lock and how to wait for it. */
export interface LockRequest {
  /** A path nobody else uses; a file there stands for the lock. */
  readonly file: string;
  /** Subject of messages, such as "the build of etcd". */
  readonly what: string;
  /** Milliseconds until a UserError names the holder. */
  readonly timeout: number;
  /** Called once when another process holds the lock. */
  readonly onWait?: (holder: number) => void;
  /** Waits no longer when it aborts, and throws its reason. */
  readonly signal?: AbortSignal;
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
    await rm(request.file, { force: true });
  }
}

async function acquire(request: LockRequest): Promise<void> {
  await mkdir(dirname(request.file), { recursive: true });
  const deadline = Date.now() + request.timeout;
  let told = false;
  for (;;) {
    request.signal?.throwIfAborted();
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

async function tryAcquire(file: string): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(await identify(process.pid)), { flag: 'wx' });
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

async function holderOf(file: string): Promise<ProcessId | 'dead' | 'unknown'> {
  try {
    const text = await readFile(file, 'utf8');
    if (text === '') {
      // Made but not written yet: that takes no second, unless its process was killed just then.
      const age = Date.now() - (await stat(file)).mtimeMs;
      return age > 1000 ? 'dead' : 'unknown';
    }
    const holder = JSON.parse(text) as ProcessId;
    return (await isAlive(holder)) ? holder : 'dead';
  } catch {
    return 'unknown';
  }
}

/**
 * Moves a dead lock aside, so that of two processes that see it dead only one removes it. Should
 * another have taken it over in between, it is put back.
 */
async function discard(file: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    if ((await holderOf(aside)) === 'dead') await rm(aside, { force: true });
    else await rename(aside, file);
  } catch {
    // Another process was faster.
  }
}
