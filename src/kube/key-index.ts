import type { ObjectKey } from '../api/object.ts';

/**
 * The keys of objects by a value that some have in common. Most values have one key, thousands of them:
 * there is a set only where there are more.
 */
export class KeyIndex {
  readonly #keys = new Map<string, ObjectKey | Set<ObjectKey>>();

  /** The keys under that value, in the order in which they came. */
  get(value: string): readonly ObjectKey[] {
    const found = this.#keys.get(value);
    if (found === undefined) return [];
    return typeof found === 'string' ? [found] : [...found];
  }

  add(value: string, key: ObjectKey): void {
    const found = this.#keys.get(value);
    if (found === undefined || found === key) this.#keys.set(value, key);
    else if (typeof found === 'string') this.#keys.set(value, new Set([found, key]));
    else found.add(key);
  }

  delete(value: string, key: ObjectKey): void {
    const found = this.#keys.get(value);
    if (found === key) this.#keys.delete(value);
    else if (typeof found === 'object' && found.delete(key) && found.size === 0) {
      this.#keys.delete(value);
    }
  }
}
