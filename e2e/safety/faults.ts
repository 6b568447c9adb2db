/** What a Pod ends by, or all that it does. */
export const ENDING_FAULTS = [
  'sidecar killed',
  'sidecar out of memory',
  'app killed',
  'Pod deleted with grace period 0',
  'namespace deleted',
  'Pod of one second',
  'empty volume',
] as const;

/** What befalls one run alone: its Pod, its namespace, its finalizer Job. */
export const OWN_FAULTS = [...ENDING_FAULTS, 'finalizer Job killed'] as const;

/** What befalls the cluster, and with it every run that is under way. */
export const SHARED_FAULTS = [
  'backend down',
  'backend slow',
  'operator killed',
  'kubelet restarted',
] as const;

/** What of it befalls a round together. Each pair has one that stops the sending of lines. */
export const SHARED_PAIRS = [
  ['backend down', 'operator killed'],
  ['backend slow', 'kubelet restarted'],
] as const satisfies readonly (readonly SharedFault[])[];

export type OwnFault = (typeof OWN_FAULTS)[number];
export type SharedFault = (typeof SHARED_FAULTS)[number];
export type Fault = OwnFault | SharedFault;

/** In the order of the tables. */
export const FAULTS: readonly Fault[] = [...OWN_FAULTS, ...SHARED_FAULTS];
