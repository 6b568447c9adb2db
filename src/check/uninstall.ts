import type { Binding } from '../api/binding.ts';
import type { Claim } from '../api/claim.ts';
import type { FluentPVC } from '../api/fluentpvc.ts';
import { annotations } from '../api/names.ts';
import type { KubeObject, Stored } from '../api/object.ts';
import type { Kind } from '../api/resources.ts';
import { UserError } from '../errors.ts';
import { hasCode } from '../kube/api-error.ts';
import type { KubeClient, List } from '../kube/client.ts';
import { kept, undrained, type Left } from './undrained.ts';

const PAGE_SIZE = 500;
const LINES = 20;

/**
 * May this operator go? Says what is left behind, for Helm to show.
 *
 * @param crdsGo the CustomResourceDefinitions go as well, and every FluentPVC with them
 * @throws UserError StillNeeded
 */
export async function checkUninstall({
  client,
  namespaces = [undefined],
  crdsGo,
  say,
}: {
  client: Pick<KubeClient, 'list'>;
  /** Where the operator works. */
  namespaces?: readonly (string | undefined)[] | undefined;
  crdsGo: boolean;
  say: (line: string) => void;
}): Promise<void> {
  const left: Left = {
    bindings: await all<Binding>(client, 'FluentPVCBinding', namespaces),
    claims: await all<Claim>(client, 'PersistentVolumeClaim', namespaces),
    fluentPVCs: await all<FluentPVC>(client, 'FluentPVC', [undefined]),
  };
  const held = kept(left);
  const objections = [
    ...undrained(left),
    ...(crdsGo ? held.map((name) => `FluentPVC ${name}: would hold its definition for ever`) : []),
  ];
  if (objections.length > 0) {
    for (const line of objections.slice(0, LINES)) say(line);
    if (objections.length > LINES) say(`and ${objections.length - LINES} more`);
    throw new UserError(
      `not uninstalled: ${objections.length} of its objects would wait for an operator for ever. ` +
        `End the Pods that use them and wait until kubectl get fpvcb -A is empty, or give data up with the ` +
        `annotation ${annotations.release}` +
        (crdsGo ? `; then delete the FluentPVCs, for the definitions go with this release` : '') +
        `. Nothing was taken away. To uninstall all the same: helm uninstall --no-hooks`,
      'StillNeeded',
    );
  }
  say('nothing waits for a drain');
  if (held.length === 0) return;
  say(
    `these FluentPVCs stay, and can only be deleted while an operator runs (or once their finalizers ` +
      `are removed): ${held.join(', ')}`,
  );
}

/** All objects of the kind; none where its definition is gone. */
async function all<T extends KubeObject>(
  client: Pick<KubeClient, 'list'>,
  kind: Kind,
  namespaces: readonly (string | undefined)[],
): Promise<Stored<T>[]> {
  const items: Stored<T>[] = [];
  for (const namespace of namespaces) {
    let next: string | undefined;
    do {
      const at = next === undefined ? {} : { continue: next };
      const where = namespace === undefined ? {} : { namespace };
      const page: List<T> | undefined = await client
        .list<T>(kind, { limit: PAGE_SIZE, ...where, ...at })
        .catch((error: unknown) => {
          if (hasCode(error, 404)) return undefined;
          throw error;
        });
      items.push(...(page?.items ?? []));
      next = page?.continue;
    } while (next !== undefined);
  }
  return items;
}
