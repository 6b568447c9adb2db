import type { Binding, BindingConditionType } from '../src/api/binding.ts';
import { getCondition, type Condition } from '../src/api/condition.ts';
import { labels } from '../src/api/names.ts';
import type { KubeObject, Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Kind } from '../src/api/resources.ts';
import { eventually } from '../test/support/eventually.ts';
import { PATIENCE_MS, type Stage } from './stage.ts';

/*
 * What is seen of a cluster from a stage's namespace.
 */

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
  return eventually(
    `binding ${name}: ${what}`,
    async () => {
      const binding = await bindingOf(stage, name);
      if (binding === undefined) throw new Error('no binding');
      if (!probe(binding)) throw new Error(JSON.stringify(binding.status ?? {}));
      return binding;
    },
    PATIENCE_MS,
  );
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
  return eventually(
    `Pod ${name} to run`,
    async () => {
      const found = await getPod(stage, name);
      return found?.status?.phase === 'Running'
        ? found.metadata.labels?.[labels.binding]
        : undefined;
    },
    PATIENCE_MS,
  );
}

/** Waits until neither bindings nor claims, finalizer Jobs nor volumes are left in the cluster. */
export async function nothingLeft(stage: Stage): Promise<void> {
  await eventually(
    'all bindings, claims, Jobs and volumes to go',
    async () => {
      const left = await stage.kubectl('get', 'fpvcb,pvc,jobs,pv', '-A', '--no-headers');
      if (left !== '') throw new Error(left);
      return true;
    },
    PATIENCE_MS,
  );
}
