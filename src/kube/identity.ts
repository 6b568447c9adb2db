import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * `host_pid_namespace_random`. Host and pid alone are not unique: in Pods of the host's network both
 * may be the same.
 */
export function createIdentity(): string {
  return `${hostname()}_${process.pid}_${pidNamespace()}_${randomBytes(4).toString('hex')}`;
}

/** Is it the identity of a process of this machine that has ended? */
export function hasEndedHere(identity: string): boolean {
  const [, host, pid, namespace] = /^(.+)_(\d+)_(\d+)_\w+$/.exec(identity) ?? [];
  // Zero: there are no namespaces here, and a pid says nothing of a container's.
  if (host !== hostname() || namespace !== pidNamespace() || namespace === '0') return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
