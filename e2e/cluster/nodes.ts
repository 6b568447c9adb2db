/** A node as far as anybody here wants to know. */
export interface NodeState {
  readonly name: string;
  /** Ready and without taints: Pods can be placed on it. */
  readonly ready: boolean;
  /** Of its kubelet. */
  readonly version: string;
}

/** The nodes in the API server's answer to a GET of all. */
export function nodeStates(list: unknown): readonly NodeState[] {
  const { items = [] } = list as { readonly items?: readonly NodeObject[] };
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    version: status?.nodeInfo?.kubeletVersion ?? 'unknown',
    ready:
      spec.taints === undefined &&
      status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True',
  }));
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly taints?: readonly unknown[] };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly nodeInfo?: { readonly kubeletVersion: string };
  };
}
