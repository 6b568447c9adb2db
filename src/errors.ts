/**
 * The faults that a user can act on, by code. The code stands in messages, denials and logs, so
 * that one can search for it; docs/errors.md says what to do about each (a test compares the two).
 */
export const FAULTS = {
  ConfigInvalid: 'a flag or environment variable has a wrong value',
  KubeconfigInvalid: 'the kubeconfig cannot be read or names no cluster',
  ApiServerUnreachable: 'the API server does not answer',
  ApiServerRefused: 'the API server refuses what the program needs to start',
  PortInUse: 'another program listens on the port',
  AddressUnusable: 'the address cannot be listened on',
  CertificateInvalid: 'the serving certificate cannot be used',
  OtherInstallation: 'another installation of the operator is active in the cluster',
  StillNeeded: 'an operator that goes would leave undrained claims behind',
  NotInstalled: 'the installation does not work',
  FluentPVCNotFound: 'the label of the Pod names a FluentPVC that does not exist',
  FluentPVCDeleting: 'the label of the Pod names a FluentPVC that is being deleted',
  FluentPVCInvalid: 'the FluentPVC that the Pod names cannot be used',
  NamespaceNotSelected: 'the FluentPVC is not for the namespace of the Pod',
  OverrideInvalid:
    'an annotation of the Pod asks for something in a wrong form, or that it may not have',
  MountPathTaken: 'the Pod mounts something else where the FluentPVC mounts',
  VolumeTaken:
    'a container of the Pod uses a volume by a name that the FluentPVC needs, and cannot do without',
  VolumeMissing: 'the FluentPVC mounts a volume that neither it nor the Pod defines',
  NoContainerLeft: 'the Pod has no container, or none that the sidecar would not replace',
  StaticPod: 'the Pod is one that a kubelet runs from a file',
  SnapshotTooLarge: 'what the finalizer Job needs is larger than a binding may hold',
  WriteRefused: 'the API server refused the claim or the binding of the Pod',
  AdmissionReviewInvalid: 'the request is no AdmissionReview that this program understands',
  Internal: 'a fault of the program itself',
} as const;

/** One of the codes above. */
export type FaultCode = keyof typeof FAULTS;

/**
 * A fault that ends the program: printed as one line, without a stack, and a non-zero exit. The
 * message says what happened, to which object or file, and what to do.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: FaultCode;

  constructor(message: string, code: FaultCode = 'ConfigInvalid') {
    super(message);
    this.code = code;
  }
}

/** The message of whatever was thrown, with the messages of its causes. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  // A refused connection is an AggregateError without a message: its parts have one.
  const parts = thrown instanceof AggregateError ? thrown.errors.map(messageOf) : [];
  const own = [thrown.message, ...parts].filter((part) => part !== '').join('; ');
  return thrown.cause === undefined ? own : `${own}: ${messageOf(thrown.cause)}`;
}
