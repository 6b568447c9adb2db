import { annotations } from '../api/names.ts';
import type { KubeObject, Stored } from '../api/object.ts';
import type { Kind } from '../api/resources.ts';
import type { Clock } from '../clock.ts';
import { excerpt } from '../core/excerpt.ts';
import type { CreateWrite, EventWrite, PatchWrite, Write } from '../core/plan.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { ApiError, hasCode } from './api-error.ts';
import type { CallOptions, KubeClient, WriteOptions } from './client.ts';
import type { CreateRefusal } from './create-refusal.ts';

export interface ApplyOptions extends CallOptions {
  /** Told of an object that the API server did not take, before the error is thrown. */
  onRefusal?: (refusal: CreateRefusal) => void;
}

/**
 * The only one who writes. Every write can be repeated: names are deterministic, deletes and
 * evictions name a uid, patches name the version they were made for.
 */
export interface Writer {
  /**
   * Carries the writes out one after the other and stops at the first that fails.
   *
   * - An object that exists already with the same admission-id counts as created.
   * - An object that is gone, or is another one by now, counts as patched, deleted, evicted.
   * - An Event tells of the write before it: none is made of one that was moot. One that cannot be
   *   written is logged and forgotten.
   * - Nor is an object made that says so (`ifNotMoot`).
   *
   * @throws ApiError, ApiUnreachable: nothing after that write was done
   */
  apply(writes: readonly Write[], options?: ApplyOptions): Promise<void>;
  /** Creates one object; the same rule for one that exists already. Its metadata are those that are stored. */
  create(write: CreateWrite, options?: CallOptions): Promise<Stored<KubeObject>>;
}

/** `reporter` names this program and its instance in Events. */
export function createWriter(options: {
  client: KubeClient;
  clock: Clock;
  log: Log;
  reporter: { controller: string; instance: string };
}): Writer {
  const { client, clock, log, reporter } = options;

  const create = async (
    { object }: CreateWrite,
    call: CallOptions = {},
  ): Promise<Stored<KubeObject>> => {
    try {
      const { metadata } = await client.create(object, brief(call));
      return { ...object, metadata };
    } catch (error) {
      if (!hasCode(error, 409) || error.reason !== 'AlreadyExists') throw error;
      const { namespace, name = '' } = object.metadata;
      const existing = await client.get({ kind: object.kind as Kind, namespace, name }, call);
      if (existing !== undefined && isSameAdmission(existing, object)) return existing;
      throw error;
    }
  };

  const event = async (write: EventWrite, call: CallOptions): Promise<void> => {
    try {
      await client.create(eventObject(write, reporter, clock.now()), brief(call));
    } catch (error) {
      log.debug('an Event was lost', { reason: write.reason, error: messageOf(error) });
    }
  };

  const patch = async (write: PatchWrite, call: CallOptions): Promise<void> => {
    try {
      await client.patch(write.ref, write, brief(call));
    } catch (error) {
      // One of our own tests did not hold: somebody changed the object, which is a conflict.
      throw write.type === 'json' && isNotApplicable(error)
        ? new ApiError(`PATCH ${write.ref.name}`, 409, error.status)
        : error;
    }
  };

  const one = async (write: Write, call: CallOptions): Promise<void> => {
    switch (write.verb) {
      case 'create':
        await create(write, call);
        return;
      case 'patch':
        await patch(write, call);
        return;
      case 'delete':
        await client.delete(write.ref, write, brief(call));
        return;
      case 'evict':
        await client.evict(write.ref, write.uid, call);
        return;
      case 'event':
        await event(write, call);
        return;
      default:
        throw new Error(`no such write: ${JSON.stringify(write satisfies never)}`);
    }
  };

  return {
    create,
    async apply(writes, { onRefusal, ...call } = {}) {
      let moot = false;
      for (const write of writes) {
        if (moot && depends(write)) continue;
        try {
          await one(write, call);
          moot = false;
        } catch (error) {
          if (write.verb === 'create' && error instanceof ApiError) onRefusal?.({ write, error });
          if (!isMoot(write, error)) throw error;
          moot = true;
        }
      }
    },
  };
}

/** Nobody reads more of an answer than metadata, and a binding is answered with its snapshot. */
function brief(call: CallOptions): WriteOptions {
  return { ...call, metadataOnly: true };
}

/** Do both come from the same admission request? */
export function isSameAdmission(one: KubeObject, other: KubeObject): boolean {
  const id = one.metadata.annotations?.[annotations.admissionId];
  return id !== undefined && id === other.metadata.annotations?.[annotations.admissionId];
}

/**
 * Did the API server fail to apply a JSON patch? It says no more than this, with the same code and
 * reason as of an object that would not be valid (apimachinery, NewGenericServerResponse).
 */
function isNotApplicable(error: unknown): error is ApiError {
  const text = 'the server rejected our request due to an error in our request';
  return hasCode(error, 422) && (error.status.message ?? '').startsWith(text);
}

/** Has the write no reason where the one before it was moot? */
function depends(write: Write): boolean {
  return write.verb === 'event' || (write.verb === 'create' && write.ifNotMoot === true);
}

/** Was the write for an object that is not there any more? */
function isMoot(write: Write, error: unknown): boolean {
  if (write.verb === 'create' || !(error instanceof ApiError)) return false;
  if (error.code === 404) return true;
  // The name belongs to another object by now. A version that is old is a conflict like any other.
  const removes = write.verb === 'delete' || write.verb === 'evict';
  return removes && error.code === 409 && /UID in precondition/i.test(error.status.message ?? '');
}

/** NoteLengthLimit of k8s.io/kubernetes/pkg/apis/core/validation: a longer one is refused. */
const MAX_NOTE_BYTES = 1024;

/** See `kubectl explain event --api-version=events.k8s.io/v1`. */
function eventObject(
  write: EventWrite,
  reporter: { controller: string; instance: string },
  now: number,
): KubeObject & Record<string, unknown> {
  const { regarding, type, reason, action, note } = write;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    // Of an object of the cluster, where everybody looks for it.
    metadata: {
      generateName: `${regarding.name.slice(0, 200)}-`,
      namespace: regarding.namespace === '' ? 'default' : regarding.namespace,
    },
    eventTime: new Date(now).toISOString().replace('Z', '000Z'),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance,
    regarding,
    type,
    reason,
    action,
    note: excerpt(note, MAX_NOTE_BYTES),
  };
}
