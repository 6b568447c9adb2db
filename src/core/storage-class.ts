import type { KubeObject } from '../api/object.ts';
import type { Verdict } from './verdict.ts';

/** What is known of the class that a claim asks for. */
export type ClassSight =
  /** None is asked for: an empty name means volumes that are made by hand. */
  | { kind: 'none' }
  | { kind: 'named'; name: string; exists: boolean }
  /** No name: the cluster's default class is meant. */
  | { kind: 'default'; exists: boolean }
  | { kind: 'unknown'; why: string };

const FIELD = 'spec.pvcSpecTemplate.storageClassName';

/** A class that does not exist would keep every Pod waiting for its volume. */
export function classVerdict(sight: ClassSight): Verdict {
  switch (sight.kind) {
    case 'none':
      return { problems: [], warnings: [] };
    case 'named': {
      // The original operator's wording, which is what people search for.
      const message = `StorageClass not found with FluentPVC.Spec.PVCSpecTemplate.StorageClassName: '${sight.name}'`;
      return { problems: sight.exists ? [] : [{ field: FIELD, message }], warnings: [] };
    }
    case 'default': {
      // Somebody may make one later, or the volumes.
      const warning = `${FIELD} is absent and the cluster has no default StorageClass: claims wait until there is one`;
      return { problems: [], warnings: sight.exists ? [] : [warning] };
    }
    case 'unknown':
      return { problems: [], warnings: [`${FIELD} could not be looked up: ${sight.why}`] };
  }
}

/** Annotations, of today and of old, that make a class the one of claims that name none. */
const DEFAULT_MARKS = ['storageclass.kubernetes.io', 'storageclass.beta.kubernetes.io'].map(
  (group) => `${group}/is-default-class`,
);

/** Is it the class of claims that name none? */
export function isDefaultClass({ metadata: { annotations = {} } }: KubeObject): boolean {
  return DEFAULT_MARKS.some((mark) => annotations[mark] === 'true');
}

/** Of the annotations of a class those that {@link isDefaultClass} looks at. */
export function defaultMarks(annotations: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).filter(([name]) => DEFAULT_MARKS.includes(name)),
  );
}
