import { annotation, anyOf, hasFinalizer, label, literal, type Side } from './cel.ts';

/** A part of an object that somebody may have changed. */
export interface Part {
  /** In messages. */
  called: string;
  /** CEL; two of them can be compared. */
  value: (of: Side) => string;
}

/** A part by which an object is known to be ours. */
export interface Mark extends Part {
  /** CEL: is it there? */
  isOn: (of: Side) => string;
}

export function labelMark(key: string): Mark {
  return {
    called: `label ${key}`,
    value: (of) => label(of, key),
    isOn: (of) => `${label(of, key)}.hasValue()`,
  };
}

export function annotationMark(key: string): Mark {
  return {
    called: `annotation ${key}`,
    value: (of) => annotation(of, key),
    isOn: (of) => `${annotation(of, key)}.hasValue()`,
  };
}

export function finalizerMark(finalizer: string): Mark {
  return {
    called: `finalizer ${finalizer}`,
    value: (of) => hasFinalizer(of, finalizer),
    isOn: (of) => hasFinalizer(of, finalizer),
  };
}

/** CEL: does the object carry at least one of them? */
export function carriesAny(of: Side, marks: readonly Mark[]): string {
  return anyOf(...marks.map(({ isOn }) => isOn(of)));
}

/** CEL: a list of what those are called that the object carries. */
export function carried(of: Side, marks: readonly Mark[]): string {
  return names(marks, ({ isOn }) => isOn(of));
}

/** CEL: a list of what those are called that the object does not carry. */
export function missing(of: Side, marks: readonly Mark[]): string {
  return names(marks, ({ isOn }) => `!${isOn(of)}`);
}

/** CEL: a list of what those are called that an update changes. */
export function changed(parts: readonly Part[]): string {
  return names(parts, ({ value }) => `${value('object')} != ${value('oldObject')}`);
}

function names<T extends Part>(parts: readonly T[], when: (part: T) => string): string {
  return parts.map((part) => `(${when(part)} ? [${literal(part.called)}] : [])`).join(' + ');
}
