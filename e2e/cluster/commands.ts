import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { systemPath } from './system-path.ts';

/** How a command ended. */
export interface CommandResult {
  /** Exit code; 128 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is to run. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Its environment besides PATH; that of this process when absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** All of its standard input. */
  readonly input?: string;
}

/** Runs a command to its end; a missing command is code 127, as in a shell. */
export function tryCommand(
  command: string,
  args: readonly string[],
  { input, ...options }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      {
        ...options,
        env: { ...(options.env ?? process.env), PATH: systemPath().join(':') },
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else if (error.code === 'ENOENT') resolve({ code: 127, stdout, stderr: 'not found' });
        else resolve({ code: 128, stdout, stderr: stderr === '' ? error.message : stderr });
      },
    );
    if (input === undefined) return;
    // A command that ends without reading has its exit code to say so.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** Standard output of a command; a failure is a UserError with the last line it said. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await tryCommand(command, args, options);
  if (result.code === 0) return result.stdout;
  throw new UserError(
    `\`${command} ${args.join(' ')}\` ended with ${result.code}: ${lastLine(result.stderr)}`,
  );
}

/** Where PATH has the command, or undefined. */
export async function findOnPath(
  path: readonly string[],
  command: string,
): Promise<string | undefined> {
  for (const folder of path) {
    const file = join(folder, command);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** True for a file that may be run. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The last line of a text that is not blank. */
export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
