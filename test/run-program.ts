import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Takes lines of output. */
export type Say = (text: string) => void;

/** Of the checkout. */
export const root = join(import.meta.dirname, '..');
/** Where its dependencies have their programs. */
export const bin = join(root, 'node_modules/.bin');

/** Exit code of a program whose output is said line by line. */
export function run(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  say: Say,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const colours = process.stdout.isTTY && process.env.CI !== 'true' ? { FORCE_COLOR: '1' } : {};
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, ...colours, ...env },
      // jest prints its JSON on standard output; what people read goes to standard error.
      stdio: ['ignore', args.includes('--json') ? 'ignore' : 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        say(`${line}\n`);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
