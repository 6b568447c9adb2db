import type { Clock } from '../clock.ts';
import { LONGEST_BACKOFF_MS } from './reflector.ts';
import type { WatchHealth } from './pulse.ts';

/** Watches by name. */
type Watches = ReadonlyMap<string, WatchHealth>;

/** A watch that breaks and stands again at once is no outage. */
const DOWN_MS = 10_000;
/** The Lease is looked at or renewed every two or three seconds. */
const UNANSWERED_MS = 15_000;

/**
 * For liveness: which watch hangs. One that is stale is opened anew within the longest backoff; that
 * it was not even tried is a fault of this process, which a restart mends. How long the API server
 * is away makes no difference: a restart would not bring it back.
 */
export function hangingWatch(watches: Watches): string | undefined {
  const hanging = [...watches].filter(([, { overdueMs }]) => overdueMs > LONGEST_BACKOFF_MS);
  return sentence(
    hanging.map(
      ([name, { silentMs, overdueMs }]) =>
        `the watch of ${name} brought nothing for ${seconds(silentMs)}, and no reconnect was ` +
        `tried for ${seconds(overdueMs)} although it was due`,
    ),
  );
}

/** For readiness of who follows the cluster: which watch cannot be opened. */
export function brokenWatch(watches: Watches): string | undefined {
  const broken = [...watches].filter(([, { downMs }]) => downMs > DOWN_MS);
  return sentence(
    broken.map(
      ([name, { downMs }]) =>
        `${name} cannot be listed or watched for ${seconds(downMs)}; it is tried again and again`,
    ),
  );
}

/** For readiness: what was not listed yet. */
export function unlisted(
  caches: Readonly<Record<string, { readonly resourceVersion: string }>>,
): string | undefined {
  const missing = Object.entries(caches).filter(
    ([, { resourceVersion }]) => resourceVersion === '',
  );
  if (missing.length === 0) return undefined;
  return `not listed yet: ${missing.map(([name]) => name).join(', ')}`;
}

/**
 * For readiness of who follows the cluster: whether the API server answers. Watches alone would show
 * it late, where nothing refuses the connection: they are silent for a minute at rest.
 */
export function createAnswerCheck(clock: Clock): {
  onAnswer: () => void;
  unanswered: () => string | undefined;
} {
  let answeredAt = clock.uptime();
  return {
    onAnswer: () => {
      answeredAt = clock.uptime();
    },
    unanswered: () => {
      const ms = clock.uptime() - answeredAt;
      return ms > UNANSWERED_MS ? `no answer to the Lease for ${seconds(ms)}` : undefined;
    },
  };
}

function sentence(parts: string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join('; ');
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

/** Something that stands in the way of work, for as long as it is said. */
export function createHindrance(): {
  say: (why: string | undefined) => void;
  check: () => string | undefined;
} {
  let hindrance: string | undefined;
  return {
    say: (why) => {
      hindrance = why;
    },
    check: () => hindrance,
  };
}
