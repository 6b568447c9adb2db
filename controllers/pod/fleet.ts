import type { SidecarRecord } from '../../src/api/binding.ts';
import type { ObjectKey } from '../../src/api/object.ts';
import {
  FIRST_IN_LINE,
  isBraked,
  nextTurnAt,
  WINDOW_MS,
  type FleetCount,
  type Turn,
} from './brake.ts';

/** A Pod whose sidecar has failed. */
export interface FailedSidecar {
  /** Of the Pod. */
  key: ObjectKey;
  /** Name of the FluentPVC. */
  fluentPVC: string;
  sidecar: SidecarRecord;
  /** What is wrong with it: the end of a sentence. */
  trouble: string;
}

/** Where the brake of a FluentPVC stands. */
export interface Brake extends FleetCount {
  on: boolean;
  /** With the brake on: when the next Pod may go, in ms since the epoch. */
  nextAt?: number;
  /** When the next failure leaves the count, in ms since the epoch; absent where none will by itself. */
  changesAt?: number;
}

/**
 * The Pods of one FluentPVC as the brake must know them, by uid. It has no clock: each call says when
 * it is, in ms since the epoch. What is asked for each Pod takes no longer where there are many.
 */
export class Fleet {
  readonly #present = new Set<string>();
  readonly #failing = new Map<string, FailedSidecar>();
  /** When they went or were well again, the oldest first. */
  readonly #ended = new Map<string, number>();
  /** Those that the brake has told to wait, in line. */
  readonly #waiting = new Set<string>();
  /** Those that the API server is asked to delete right now. */
  readonly #asked = new Set<string>();
  #peak = { pods: 0, at: -Infinity };
  #deletedAt = -Infinity;
  #brakedSince: number | undefined;

  /** The Pod is there, and its sidecar well or not. */
  set(uid: string, failure: FailedSidecar | undefined, now: number): void {
    this.#notePeak(now);
    this.#present.add(uid);
    if (failure === undefined) {
      this.#endFailure(uid, now);
    } else {
      this.#ended.delete(uid);
      this.#failing.set(uid, failure);
    }
    this.#settle(now);
  }

  /** The Pod is over, on its way out or gone. */
  delete(uid: string, now: number): void {
    this.#notePeak(now);
    this.#present.delete(uid);
    // The watch may be quicker than the answer.
    if (this.#asked.delete(uid)) this.#deletedAt = now;
    this.#endFailure(uid, now);
    this.#settle(now);
  }

  failureOf(uid: string): FailedSidecar | undefined {
    return this.#failing.get(uid);
  }

  /** May that Pod, whose sidecar failed, be deleted? If not, it is in line from now on. */
  turn(uid: string, now: number): Turn {
    const { on, nextAt = now, failed, pods } = this.brake(now);
    if (!on || nextAt <= now) {
      this.#waiting.delete(uid);
      return { kind: 'now' };
    }
    this.#waiting.add(uid);
    return { kind: 'wait', failed, pods };
  }

  /** Who waits and should look again: all where the brake is off, the first where one may go. */
  toCall(now: number): ObjectKey[] {
    const { on, nextAt = now } = this.brake(now);
    if (on && nextAt > now) return [];
    const line = [...this.#waiting].slice(0, on ? FIRST_IN_LINE : Infinity);
    return line.flatMap((uid) => this.#failing.get(uid)?.key ?? []);
  }

  /** The API server is being asked to delete that Pod: until it has answered, nobody else goes. */
  ask(uid: string): void {
    this.#asked.add(uid);
  }

  /** It has answered. What was refused is no deletion. */
  answer(uid: string, deleted: boolean, now: number): void {
    this.#asked.delete(uid);
    if (deleted) this.#deletedAt = now;
  }

  brake(now: number): Brake {
    this.#settle(now);
    const [oldest] = this.#ended.values();
    const brakedSince = this.#brakedSince;
    const pace = { now, deletedAt: this.#deletedAt, asking: this.#asked.size > 0 };
    return {
      on: brakedSince !== undefined,
      ...this.#count(),
      ...(brakedSince === undefined ? {} : { nextAt: nextTurnAt({ ...pace, brakedSince }) }),
      ...(oldest === undefined ? {} : { changesAt: oldest + WINDOW_MS }),
    };
  }

  /** Is there nothing to remember? */
  get isEmpty(): boolean {
    return this.#present.size === 0 && this.#failing.size === 0 && this.#ended.size === 0;
  }

  #count(): FleetCount {
    return { failed: this.#failing.size + this.#ended.size, pods: this.#peak.pods };
  }

  #endFailure(uid: string, now: number): void {
    this.#waiting.delete(uid);
    if (this.#failing.delete(uid)) this.#ended.set(uid, now);
  }

  /** Forgets what is out of the window, and puts the brake on or off. */
  #settle(now: number): void {
    for (const [uid, at] of this.#ended) {
      if (now - at < WINDOW_MS) break;
      this.#ended.delete(uid);
    }
    this.#notePeak(now);
    if (isBraked(this.#count())) this.#brakedSince ??= now;
    else this.#brakedSince = undefined;
  }

  /**
   * Owners replace Pods: counted are those that were there at once, not all that ever came. Asked for
   * before each change, so that a peak is as young as its last moment.
   */
  #notePeak(now: number): void {
    const pods = this.#present.size;
    if (pods >= this.#peak.pods || now - this.#peak.at >= WINDOW_MS) this.#peak = { pods, at: now };
  }
}
