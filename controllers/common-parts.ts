/*
 * What many objects of the caches have alike, in memory once: JSON.parse makes each text and each part anew,
 * and there are thousands of objects.
 */

/** What is in memory already, of the newest. Who has one keeps it, whatever becomes of it here. */
class Known<T> {
  readonly #most: number;
  readonly #all = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => T): T {
    const one = this.#all.get(key);
    if (one !== undefined) return one;
    if (this.#all.size >= this.#most) this.#all.clear();
    const made = make();
    this.#all.set(key, made);
    return made;
  }
}

/** Most of them are times after a while, which do not come again. */
const texts = new Known<string>(2_000);

/** The text that is in memory already, or this one. */
export function intern<T extends string>(text: T): T {
  return texts.get(text, () => text) as T;
}

const parts = new Known<object>(200);
/** As JSON, in characters: what is longer says something of its own, as a scheduler's reasons. */
const LONGEST_PART = 12_000;

/** The part that is in memory already, or this one, frozen: who changed it would change it for all. */
export function share<T extends object>(part: T): T {
  const text = JSON.stringify(part);
  return text.length > LONGEST_PART ? part : (parts.get(text, () => frozen(part)) as T);
}

/** The part, frozen with all that is in it. */
export function frozen<T extends object>(part: T): T {
  for (const value of Object.values(part) as unknown[]) {
    if (typeof value === 'object' && value !== null) frozen(value);
  }
  return Object.freeze(part);
}

/** The same object; what is called so in it is interned. */
export function interning<T extends object>(object: T, ...names: readonly (keyof T)[]): T {
  for (const name of names) {
    const value = object[name];
    if (typeof value === 'string') object[name] = intern(value);
  }
  return object;
}
