import { fieldPath, type Steps } from './field-path.ts';
import type { Verdict } from './verdict.ts';

/** Stands for an integer that JSON.parse would round. */
const UNSAFE = Symbol('unsafe integer');

/** Shorter ones are safe; most texts have no number (outside a string) that long, and pay this look. */
const LONG_NUMBER = /[:[,]\s*-?\d{16}/;

/**
 * Fields below `request.object` of an AdmissionReview (its text, which is JSON) whose integers
 * JavaScript cannot hold: read and written again they would be others.
 */
export function unsafeIntegers(text: string): string[] {
  if (!LONG_NUMBER.test(text)) return [];
  const review = JSON.parse(text, markUnsafe) as { request?: { object?: unknown } };
  return find(review.request?.object).map(fieldPath);
}

/** The source of a value is the newest part of JSON.parse. */
function markUnsafe(_key: string, value: unknown, context?: { source?: string }): unknown {
  const unsafe = typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return unsafe && /^-?\d+$/.test(context?.source ?? '') ? UNSAFE : value;
}

function find(value: unknown): Steps[] {
  if (value === UNSAFE) return [[]];
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([step, entry]) => find(entry).map((steps) => [step, ...steps]));
}

/** Templates go into Pods, claims and Jobs: a number that is changed on the way is not theirs. */
export function integerVerdict(fields: readonly string[] = []): Verdict {
  const message = `is an integer beyond ${Number.MAX_SAFE_INTEGER}, which would be rounded on its way`;
  const problems = fields.filter((field) => /^spec\b/.test(field));
  return { problems: problems.map((field) => ({ field, message })), warnings: [] };
}
