import { Ajv } from 'ajv';
import type { JsonObject } from '../api/object.ts';
import { isQualifiedName } from '../api/qualified-name.ts';
import { nanos, ONE, UNSIGNED_QUANTITY } from './quantity.ts';

type Quantities = Record<string, string | number>;

/** What a container needs and may take at most: see `kubectl explain pod.spec.containers.resources`. */
export interface ResourceRequirements extends JsonObject {
  requests: Quantities;
  limits: Quantities;
}

const quantities = {
  type: 'object',
  additionalProperties: {
    type: ['string', 'number'],
    pattern: `^${UNSIGNED_QUANTITY}$`,
    minimum: 0,
    // Beyond, JSON.parse rounds: who means that much writes a string.
    maximum: Number.MAX_SAFE_INTEGER,
  },
};
const matchesSchema = new Ajv({ allowUnionTypes: true }).compile<Partial<ResourceRequirements>>({
  type: 'object',
  additionalProperties: false,
  properties: { requests: quantities, limits: quantities },
});

/** What people read stays short, however long the annotation is. */
const MAX_PROBLEM_LENGTH = 300;
const MAX_QUANTITY_LENGTH = 30;

/**
 * The requirements in a text of JSON; `undefined` where it is none.
 *
 * What is compared here the API server compares as well, but only once claim and binding of the Pod
 * are stored.
 *
 * @returns `problem`: which of them could not be met, and why
 */
export function parseResources(
  text: string,
): { resources: Partial<ResourceRequirements> } | { problem: string } | undefined {
  const resources = parse(text);
  if (!matchesSchema(resources)) return undefined;
  const { requests = {}, limits = {} } = resources;
  const problems = Object.keys({ ...requests, ...limits }).flatMap(
    (name) => problemOf(name, requests[name], limits[name]) ?? [],
  );
  if (problems.length === 0) return { resources };
  return { problem: short(problems.join(', '), MAX_PROBLEM_LENGTH) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(
  name: string,
  request: string | number | undefined,
  limit: string | number | undefined,
): string | undefined {
  if (!isResourceName(name)) return `${name} is no resource of a container`;
  const least = request === undefined ? undefined : nanos(String(request));
  const most = limit === undefined ? undefined : nanos(String(limit));
  if (isDevice(name) && [least, most].some((amount) => (amount ?? 0n) % ONE !== 0n)) {
    return `${name}: must be a whole number`;
  }
  if (least === undefined) return undefined;
  if (!isOvercommittable(name) && least !== most) {
    return `${name}: request and limit must be the same`;
  }
  if (most === undefined || least <= most) return undefined;
  const [asked, allowed] = [request, limit].map((one) => short(String(one), MAX_QUANTITY_LENGTH));
  return `${name}: ${asked} is requested, ${allowed} the limit`;
}

/** May more be allowed than is set aside? Of CPU time and the like; devices and huge pages are not shared. */
function isOvercommittable(name: string): boolean {
  return STANDARD.includes(name) || name.includes('kubernetes.io/');
}

/** What others than Kubernetes count. */
function isDevice(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/');
}

const STANDARD = ['cpu', 'memory', 'ephemeral-storage'];

function isResourceName(name: string): boolean {
  if (name.includes('/')) return isQualifiedName(name);
  return STANDARD.includes(name) || /^hugepages-[0-9]+[KMGT]i$/.test(name);
}

function short(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
