import type { PodSpec } from '../src/api/pod.ts';
import type { Injection, Replacement } from '../src/core/inject.ts';
import { cutWarning } from '../src/core/verdict.ts';

/*
 * What the author of an admitted Pod is told.
 */

/** Short enough that both values are in it, however long the names are. */
export function warningOf({ what, was, is }: Replacement, fluentPVC: string): string {
  const successor = is === undefined ? 'removed' : `replaced by ${brief(is)}`;
  const where = short(what, 100);
  return cutWarning(
    `${where}: ${brief(was)} of the Pod is ${successor} of FluentPVC "${fluentPVC}"`,
  );
}

function brief(value: unknown): string {
  // Its name stands behind.
  const { name: _name, ...rest } = value as { name?: string };
  return short(JSON.stringify(rest), 50);
}

function short(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** A Job's Pod ends when its containers do, and a Regular sidecar does not. */
export function neverCompletes(pod: PodSpec, { sidecar }: Injection, fluentPVC: string): string[] {
  const { restartPolicy = 'Always' } = pod;
  if (sidecar?.mode !== 'Regular' || restartPolicy === 'Always') return [];
  return [
    `restartPolicy ${restartPolicy}: with the Regular sidecar "${sidecar.container.name}" of FluentPVC ` +
      `"${fluentPVC}" the Pod does not complete by itself; sidecarMode Native lets it`,
  ];
}

/** A name that is written wrong would leave the app without the volume. */
export function reachesNobody(
  pod: PodSpec,
  { containers }: Injection,
  fluentPVC: string,
): string[] {
  if (containers === undefined || containers.length === 0) return [];
  if (pod.containers.some(({ name }) => containers.includes(name))) return [];
  return [
    cutWarning(
      `no container gets the volume: FluentPVC "${fluentPVC}" injects into ${containers.join(', ')}, ` +
        `and the Pod has none of these`,
    ),
  ];
}
