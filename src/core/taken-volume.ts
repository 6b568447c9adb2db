import type { Container, VolumeMount } from '../api/pod.ts';

/** A container that uses a volume by a name under which the injection puts another one. */
export interface TakenVolume {
  container: string;
  volume: string;
  /** `mount`: it would read and write ours where it expects its own. */
  use: 'mount' | 'device';
}

/**
 * Does the container use a volume that it cannot keep? A volume of the Pod gives way to one of ours
 * with a warning, and so do the mounts of it in a container that gets our mounts instead. Two uses
 * cannot give way:
 *
 * - A mount in a container that `injection` leaves out. It would read and write our claim without
 *   anybody having said so. Taken out, the container would write what its author wants kept into its
 *   own file system, where it is lost, and a warning reaches nobody who creates Pods by a controller.
 *   The FluentPVC says that the container is to be left alone: only a denial does.
 * - A device. What we mount has a file system; the API server takes no volume as both.
 *
 * A mount of a name that the Pod has no volume of is none of these: it has always meant ours.
 *
 * @param gone names of the Pod's volumes that ours replace
 * @param selected whether the container gets `ours`
 */
export function volumeTaken(
  { name, volumeMounts, volumeDevices }: Container,
  what: { gone: ReadonlySet<string>; selected: boolean; ours: readonly VolumeMount[] },
): ({ outcome: 'volumeTaken' } & TakenVolume) | undefined {
  const { gone, selected, ours } = what;
  const mount = selected ? undefined : volumeMounts?.find((one) => gone.has(one.name));
  if (mount !== undefined) {
    return { outcome: 'volumeTaken', container: name, volume: mount.name, use: 'mount' };
  }
  const device = volumeDevices?.find(
    (one) => gone.has(one.name) || ours.some((mounted) => mounted.name === one.name),
  );
  return device === undefined
    ? undefined
    : { outcome: 'volumeTaken', container: name, volume: device.name, use: 'device' };
}
