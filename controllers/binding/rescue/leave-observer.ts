import type { Binding } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import {
  isDeleting,
  type Identity,
  type KubeObject,
  type Stored,
} from '../../../src/api/object.ts';
import type { Volume } from '../../../src/api/volume.ts';
import type { Cache } from '../../../src/kube/cache.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { isTold } from '../binding-event.ts';
import { bindingRef, claimRef } from '../binding-facts.ts';
import { storedBinding } from '../stored-binding.ts';
import type { LeaveObservation } from './leave-plan.ts';
import { volumeToRescue, type VolumeSight } from './rescue-begin.ts';
import { REFUSED } from './succession.ts';

/** Looks at what becomes of a namespace, and of the volumes in it. All reads are live. */
export interface LeaveObserver {
  /** The namespace, where it is being deleted. It costs no request while it is not. */
  leaving(namespace: string, signal: AbortSignal): Promise<Identity | undefined>;
  /** Of a binding that is stored; `undefined` where it is gone, or another version by now. */
  observe(
    binding: Stored<Binding>,
    facts: Pick<LeaveObservation, 'now' | 'namespace' | 'podOver' | 'nodeName' | 'refusal'>,
    signal: AbortSignal,
  ): Promise<LeaveObservation | undefined>;
  /** Of a binding that was made for a claim without one, to be stored elsewhere. */
  observeOrphan(
    binding: Stored<Binding>,
    facts: Pick<LeaveObservation, 'now' | 'namespace' | 'nodeName' | 'refusal'>,
    signal: AbortSignal,
  ): Promise<LeaveObservation>;
  /** The volume of a claim that is gone, or goes. */
  volumeOf(
    binding: Stored<Binding>,
    claim: Stored<Claim> | undefined,
    signal: AbortSignal,
  ): Promise<VolumeSight>;
}

export function createLeaveObserver({
  client,
  namespaces,
  rescueNamespace,
}: {
  client: Pick<KubeClient, 'get' | 'list'>;
  namespaces: Pick<Cache<KubeObject>, 'get'>;
  /** `undefined`: rescue is switched off, and with it the rights on volumes. */
  rescueNamespace: string | undefined;
}): LeaveObserver {
  const volumeOf: LeaveObserver['volumeOf'] = async (binding, claim, signal) => {
    if (rescueNamespace === undefined) return 'unseen';
    const name = volumeToRescue(binding, claim);
    if (name === undefined) return 'absent';
    return (await client.get<Volume>({ kind: 'PersistentVolume', name }, { signal })) ?? 'absent';
  };

  const surroundings = async (
    binding: Stored<Binding>,
    signal: AbortSignal,
  ): Promise<Pick<LeaveObservation, 'claim' | 'volume' | 'rescued' | 'rescueNamespace'>> => {
    const claim = await client.get<Claim>(claimRef(binding), { signal });
    const [volume, rescued] = await Promise.all([
      volumeOf(binding, claim, signal),
      rescueNamespace === undefined
        ? undefined
        : client.get<Binding>({ ...bindingRef(binding), namespace: rescueNamespace }, { signal }),
    ]);
    return { claim, volume, rescued, rescueNamespace };
  };

  return {
    async leaving(name, signal) {
      // What the cache does not know yet it will tell of (start.ts).
      const known = namespaces.get(name);
      if (known === undefined || !isDeleting(known)) return undefined;
      // It may be the one of before, of the same name.
      const live = await client.get({ kind: 'Namespace', name }, { signal });
      return live !== undefined && isDeleting(live) ? { name, uid: live.metadata.uid } : undefined;
    },

    async observe(cached, facts, signal) {
      const binding = await storedBinding(client, cached, signal);
      if (binding === undefined) return undefined;
      const around = await surroundings(binding, signal);
      return { ...facts, binding, isStored: true, isRefusalTold: false, ...around };
    },

    async observeOrphan(binding, facts, signal) {
      const around = await surroundings(binding, signal);
      const isRefused = facts.refusal !== undefined || around.rescued !== undefined;
      // Events of objects of the cluster are there.
      const told = { namespace: 'default', uid: facts.namespace.uid };
      const what = { reason: REFUSED, words: `"${binding.spec.pvc.name}"` } as const;
      const isRefusalTold = isRefused && (await isTold(client, told, what, signal));
      return { ...facts, binding, isStored: false, podOver: false, isRefusalTold, ...around };
    },

    volumeOf,
  };
}
