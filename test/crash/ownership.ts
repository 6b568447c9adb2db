import { textAt, type ApiWrite } from './api-write.ts';

/** Where the operator drains volumes of namespaces that go, when no flag says otherwise. */
export const RESCUE_NAMESPACE = 'fluent-pvc-rescue';

/** Does an object of that kind of name belong to the place? It is told by namespace and name. */
export function belongsTo(
  place: string,
  { namespace = '', name = '' }: { namespace?: string | undefined; name?: string | undefined },
): boolean {
  // Its FluentPVC and the Namespace itself have its name, bindings begin with it.
  const isOfCluster = namespace === '' && name === place;
  const isRescued = namespace === RESCUE_NAMESPACE && name.startsWith(`${place}-`);
  return namespace === place || isOfCluster || isRescued;
}

/** Tells the writes for a place from all others. It must see them all, in their order. */
export function ownership(place: string): (write: ApiWrite) => boolean {
  const volumes = new Set<string>();
  return (write) => {
    const { resource, body } = write;
    if (resource === 'persistentvolumes') {
      // The first writes of a volume name the claim or the binding, the last one neither.
      if (JSON.stringify(body).includes(`"${place}-`)) volumes.add(write.name);
      return volumes.has(write.name);
    }
    if (resource !== 'events') return belongsTo(place, write);
    const namespace = textAt(body, 'regarding', 'namespace');
    return belongsTo(place, { namespace, name: textAt(body, 'regarding', 'name') });
  };
}
