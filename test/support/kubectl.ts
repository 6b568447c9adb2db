import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';

/**
 * kubectl as a user runs it, against one cluster: what it prints, warnings included. Throws an Error
 * with what it said when it fails.
 */
export type Kubectl = (args: string, input?: string | object) => Promise<string>;

/** kubectl of that path, with that kubeconfig; arguments are split at blanks. */
export function createKubectl(path: string, kubeconfig: string): Kubectl {
  return async (args, input) => {
    const child = spawn(path, args.split(' '), {
      env: { KUBECONFIG: kubeconfig, HOME: tmpdir(), PATH: process.env.PATH },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // JSON is YAML: an object needs no other form.
    child.stdin.end(typeof input === 'object' ? JSON.stringify(input) : (input ?? ''));
    const [out, err, code] = await Promise.all([
      child.stdout.setEncoding('utf8').reduce((all: string, chunk: string) => all + chunk, ''),
      child.stderr.setEncoding('utf8').reduce((all: string, chunk: string) => all + chunk, ''),
      new Promise<number | null>((resolve, reject) => {
        child.on('error', reject).on('close', resolve);
      }),
    ]);
    if (code !== 0) throw new Error(`kubectl ${args}: ${err.trim()}`);
    return out + err;
  };
}
