import type { Binding, BindingConditionType } from '../src/api/binding.ts';
import { getCondition, type Condition } from '../src/api/condition.ts';
import { labels } from '../src/api/names.ts';
import type { KubeObject, Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Kind } from '../src/api/resources.ts';
import { messageOf } from '../src/errors.ts';
import { eventually } from '../test/support/eventually.ts';
import { PATIENCE_MS, type Stage } from './stage.ts';

/*
 * What is seen of a cluster from a stage's namespace.
 */

/**
 * What the probe finds, as `eventually`, with the patience that a real node needs. Where it does not
 * come, the failure shows what a person would look at first: Pods, and what was warned of.
 */
export async function patiently<T>(
  stage: Pick<Stage, 'kubectl'>,
  what: string,
  probe: () => Promise<T | undefined | false>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  try {
    return await eventually(what, probe, patienceMs);
  } catch (error) {
    throw new Error(`${messageOf(error)}\n${await situation(stage)}`, { cause: error });
  }
}

async function situation({ kubectl }: Pick<Stage, 'kubectl'>): Promise<string> {
  const get = (...what: string[]): Promise<string> =>
    kubectl('get', ...what, '-A').catch(messageOf);
  const warnings = ['events', '--field-selector=type=Warning', '--sort-by=.lastTimestamp'];
  return [await get('pods', '-o=wide'), await get(...warnings)].join('\n');
}

/** What of that kind has that name; of what has a namespace, in this one. */
export function getObject<T extends KubeObject>(
  { client, namespace }: Stage,
  kind: Kind,
  name: string,
): Promise<Stored<T> | undefined> {
  return client.get<T>({ kind, namespace, name });
}

/** The binding of that name, which is the name of its claim, too. */
export function bindingOf(stage: Stage, name: string): Promise<Stored<Binding> | undefined> {
  return getObject(stage, 'FluentPVCBinding', name);
}

/** The binding of that name, as soon as the probe likes it. */
export function bindingWhere(
  stage: Stage,
  name: string,
  what: string,
  probe: (binding: Stored<Binding>) => boolean,
): Promise<Stored<Binding>> {
  return patiently(stage, `binding ${name}: ${what}`, async () => {
    const binding = await bindingOf(stage, name);
    if (binding === undefined) throw new Error('no binding');
    if (!probe(binding)) throw new Error(JSON.stringify(binding.status ?? {}));
    return binding;
  });
}

/** That condition of a binding, as soon as it is True and the probe likes it. */
export async function conditionOf(
  stage: Stage,
  name: string,
  type: BindingConditionType,
  probe: (condition: Condition) => boolean = () => true,
): Promise<Condition> {
  let found: Condition | undefined;
  await bindingWhere(stage, name, type, ({ status }) => {
    found = getCondition(status?.conditions, type);
    return found?.status === 'True' && probe(found);
  });
  if (found === undefined) throw new Error(`no condition ${type}`);
  return found;
}

/** Notes of the Events of that reason; those of what has no namespace are in `default`. */
export async function notesOf({ client, namespace }: Stage, reason: string): Promise<string[]> {
  const list = { namespace, fieldSelector: `reason=${reason}` };
  const { items } = await client.list<KubeObject & { note?: string }>('Event', list);
  return items.map(({ note = '' }) => note);
}

export function getPod(stage: Stage, name: string): Promise<Stored<Pod> | undefined> {
  return getObject(stage, 'Pod', name);
}

/** Name of the binding of a Pod, once the Pod is there and runs. */
export async function runningBinding(stage: Stage, name: string): Promise<string> {
  return patiently(stage, `Pod ${name} to run`, async () => {
    const found = await getPod(stage, name);
    return found?.status?.phase === 'Running' ? found.metadata.labels?.[labels.binding] : undefined;
  });
}

/** Waits until neither bindings nor claims, finalizer Jobs nor volumes are left in the cluster. */
export async function nothingLeft(stage: Stage, patienceMs = PATIENCE_MS): Promise<void> {
  const looks = async (): Promise<true> => {
    const left = await stage.kubectl('get', 'fpvcb,pvc,jobs,pv', '-A', '--no-headers');
    if (left !== '') throw new Error(left);
    return true;
  };
  await patiently(stage, 'all bindings, claims, Jobs and volumes to go', looks, patienceMs);
}

/** Takes away what tests have made in the stage's namespace, and waits until nothing is left of it. */
export async function cleared(stage: Stage): Promise<void> {
  await stage.kubectl('delete', 'deployments,jobs,pods', '--all');
  await nothingLeft(stage);
}
