import { UserError } from '../src/errors.ts';

/** A part of a README: its heading, and what its reader does under it. */
export interface Section {
  readonly heading: string;
  readonly steps: readonly Step[];
}

/** A block fenced as `sh`, and what one sees of it. */
export interface Step {
  /** Number of its first line in the README. */
  readonly line: number;
  readonly commands: string;
  /** The block fenced as `text` that follows it: all that the commands print. */
  readonly shows?: string;
}

/**
 * The sections of a README, in their order; what stands before the first one belongs to none. Blocks
 * fenced otherwise are for people: `console` is a look at a moment that does not come twice. Pure.
 */
export function sectionsOf(markdown: string): readonly Section[] {
  const sections: { heading: string; steps: Step[] }[] = [];
  for (const { language, line, text } of piecesOf(markdown)) {
    if (language === undefined) sections.push({ heading: text, steps: [] });
    if (language !== 'sh' && language !== 'text') continue;
    const steps = sections.at(-1)?.steps;
    if (steps === undefined) throw new UserError(`the block at line ${line} is in no section`);
    if (language === 'sh') {
      steps.push({ line, commands: text });
    } else {
      const last = steps.pop();
      if (last === undefined || last.shows !== undefined) {
        throw new UserError(`no commands print the block at line ${line}`);
      }
      steps.push({ ...last, shows: text });
    }
  }
  return sections;
}

/** A heading of the second level, or a fenced block. */
interface Piece {
  /** None for a heading. */
  language?: string;
  line: number;
  text: string;
}

function piecesOf(markdown: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let block: Piece | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (block === undefined) {
      const heading = /^## (.+)$/.exec(line)?.[1];
      if (heading !== undefined) pieces.push({ line: index + 1, text: heading });
      if (fence !== null) block = { language: fence[1] ?? '', line: index + 2, text: '' };
    } else if (fence?.[1] === '') {
      pieces.push(block);
      block = undefined;
    } else {
      block.text += `${line}\n`;
    }
  }
  if (block !== undefined) throw new UserError(`the block at line ${block.line} does not end`);
  return pieces;
}

/**
 * What is the same in all runs of the same commands: names that Kubernetes or the operator made up,
 * ages and the width of columns are left out, and lines are sorted, as kubectl sorts by name. Pure.
 */
export function lasting(output: string): readonly string[] {
  const lines = output.split('\n').map((line) => {
    return line
      .trim()
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UID')
      .replaceAll(/-[0-9a-f]{8}-[0-9a-f]{10}\b/g, '-HASH')
      .replaceAll(/(-[bcdf-hj-np-tv-xz2-9]{5,10})+\b/g, '-SUFFIX')
      .replaceAll(/\b(\d+[dhms])+\b/g, 'AGE');
  });
  return lines.filter((line) => line !== '').sort();
}
