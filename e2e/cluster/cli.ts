import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';

/** How a run of the command line ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the command line that may be watched and killed. */
export interface CliRun {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult>;
}

/**
 * Runs `npm run cluster -- ...` for tests, as another process. `stateFolder` is the one of an
 * Environment: the command line takes it from XDG_STATE_HOME. `onOutput` sees all output so far.
 */
export function runCli(
  args: readonly string[],
  stateFolder: string,
  onOutput: (output: string) => void = () => undefined,
): CliRun {
  const main = join(import.meta.dirname, 'main.ts');
  const stateHome = dirname(dirname(stateFolder));
  const env = { ...process.env, XDG_STATE_HOME: stateHome, CI: 'true', NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [main, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onOutput(stdout);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const result = once(child, 'close').then((): CliResult => ({
    code: child.exitCode,
    stdout,
    stderr,
  }));
  return { child, result };
}
