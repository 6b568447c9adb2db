import type { Program } from './program.ts';
import { together, type Measured } from './statistics.ts';

/** Who is asked. */
export interface Subject {
  /** One request; the number tells it from all others of this run. */
  readonly request: (index: number) => Promise<unknown>;
  /** Whose CPU time is counted. */
  readonly program?: Pick<Program, 'cpuMs'>;
}

/** How much is asked. */
export interface Amount {
  readonly clients: number;
  readonly samples: number;
  readonly rounds: number;
}

let asked = 0;

/**
 * So many requests, as many at a time as there are clients: each client sends its next one when it
 * has the answer to the last.
 */
export async function load(
  { request, program }: Subject,
  { clients, samples }: Omit<Amount, 'rounds'>,
): Promise<Measured> {
  const ms: number[] = [];
  let left = samples;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      asked += 1;
      const startedAt = performance.now();
      await request(asked);
      ms.push(performance.now() - startedAt);
    }
  };
  const cpuBefore = await program?.cpuMs();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const wallMs = performance.now() - startedAt;
  const cpuAfter = await program?.cpuMs();
  if (cpuBefore === undefined || cpuAfter === undefined) return { ms, wallMs };
  return { ms, wallMs, cpuMs: cpuAfter - cpuBefore };
}

/**
 * The same for several subjects by turns, so that what else the machine does meets all of them. The
 * one that begins changes from round to round: who comes first after another case has it harder.
 *
 * @returns by subject and round
 */
export async function byTurns<Name extends string>(
  subjects: Readonly<Record<Name, Subject>>,
  { clients, samples, rounds }: Amount,
): Promise<Record<Name, Measured[]>> {
  const names = Object.keys(subjects) as Name[];
  const found = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Measured[]
  >;
  const share = Math.max(Math.ceil(samples / rounds), clients);
  for (let round = 0; round < rounds; round += 1) {
    for (const [turn] of names.entries()) {
      const name = names[(round + turn) % names.length];
      if (name !== undefined)
        found[name].push(await load(subjects[name], { clients, samples: share }));
    }
  }
  return found;
}

/** All rounds of each subject as one. */
export function allRounds<Name extends string>(
  found: Readonly<Record<Name, readonly Measured[]>>,
): Record<Name, Measured> {
  return Object.fromEntries(
    Object.entries<readonly Measured[]>(found).map(([name, rounds]) => [name, together(rounds)]),
  ) as Record<Name, Measured>;
}
