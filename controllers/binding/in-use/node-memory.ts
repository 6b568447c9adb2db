import { annotations } from '../../../src/api/names.ts';
import type { Clock } from '../../../src/clock.ts';
import type { Handover } from '../../../src/kube/lease.ts';

/**
 * For how long somebody has seen a node Ready and its Lease renewed without a gap; from the oldest
 * such renewal to the newest, in ms since the epoch by the node's clock.
 */
export interface Stretch {
  since: number;
  until: number;
}

/**
 * What is remembered of the nodes that are looked at. Who waits for a kubelet to stop containers waits
 * for one that was never away meanwhile, and no single look shows that. The memory outlives its
 * process: a leader hands it on in its Lease, which it renews anyway; otherwise the wait of minutes
 * would begin anew with each start of the program.
 */
export interface NodeMemory extends Handover {
  /**
   * A look has shown the node Ready and its Lease renewed at `renewedAt`.
   *
   * @param gapMs longer than so long there is none between two renewals of a kubelet that is there
   * @returns the stretch that this renewal belongs to
   */
  renewed(name: string, renewedAt: number, gapMs: number): Stretch;
  /** A look has shown that the node is gone, not Ready, or has no Lease: its next stretch is a new one. */
  interrupted(name: string): void;
}

/** Whoever has not looked at a node for so long, in ms, need not know it: it begins anew. */
const KEEP_MS = 5 * 60_000;
/** An object holds 256 KiB of annotations; a node takes up to some 350 bytes of them. */
const HANDED_ON = 500;

export function createNodeMemory(clock: Clock): NodeMemory {
  /** The one looked at last at the end; `at`: when it was, by {@link Clock.uptime}. */
  const nodes = new Map<string, { stretch: Stretch; at: number }>();

  const keep = (name: string, stretch: Stretch): void => {
    nodes.delete(name);
    nodes.set(name, { stretch, at: clock.uptime() });
  };
  const expire = (): void => {
    for (const [name, { at }] of nodes) {
      if (clock.uptime() - at <= KEEP_MS) return;
      nodes.delete(name);
    }
  };

  return {
    renewed(name, renewedAt, gapMs) {
      expire();
      const before = nodes.get(name)?.stretch;
      const isNew = before === undefined || renewedAt - before.until > gapMs;
      const stretch = { since: isNew ? renewedAt : before.since, until: renewedAt };
      keep(name, stretch);
      return stretch;
    },
    interrupted(name) {
      nodes.delete(name);
    },
    annotation: annotations.seenOfNodes,
    give() {
      expire();
      if (nodes.size === 0) return undefined;
      const newest = [...nodes].slice(-HANDED_ON);
      return JSON.stringify(
        Object.fromEntries(newest.map(([name, { stretch }]) => [name, written(stretch)])),
      );
    },
    take(text) {
      // Who has led before may have missed an interruption that the last leader saw.
      nodes.clear();
      for (const [name, stretch] of read(text)) keep(name, stretch);
    },
  };
}

function written({ since, until }: Stretch): { since: string; until: string } {
  return { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
}

/** Without what no memory has written: of that node the wait begins anew. */
function read(text: string): [name: string, Stretch][] {
  let entries: object;
  try {
    entries = Object(JSON.parse(text)) as object;
  } catch {
    return [];
  }
  return Object.entries(entries).flatMap(([name, entry]: [string, unknown]) => {
    const { since, until } = Object(entry) as Partial<Record<keyof Stretch, unknown>>;
    const stretch = { since: Date.parse(String(since)), until: Date.parse(String(until)) };
    return stretch.since <= stretch.until ? [[name, stretch]] : [];
  });
}
