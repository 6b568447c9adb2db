import type { Writers } from '../demo/ledger.ts';
import { fluentPVCName } from './objects.ts';

/** Who writes the lines of the example: each has the uid of its Pod. */
export const writers: Writers = {
  fluentPVC: fluentPVCName,
  nameOf: ({ metadata }) => metadata.uid,
};

/** Lines as the example's writers make them, each as `UID NUMBER`; what is none stays as it is. Pure. */
export function numbersOf(lines: readonly string[]): readonly string[] {
  return lines.map((line) => {
    const [, uid, number] = /^\S+ ([0-9a-f-]{36}) (\d+)(?: |$)/.exec(line) ?? [];
    return uid === undefined || number === undefined ? line : `${uid} ${number}`;
  });
}
