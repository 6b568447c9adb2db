import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { openUser } from './guarding.ts';
import type { Api } from './harness.ts';
import { openInstallation, RELEASE, type Installation } from './installation.ts';
import { dryRun } from './requests.ts';

/*
 * The last steps of docs/emergency.md, to the letter: an installation whose webhook is down, for no node
 * runs it.
 */
let on: Installation;
let user: Api;

shared(async (parts) => {
  on = await openInstallation(parts);
  user = await openUser(on.api);
});

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/emergency.md'), 'utf8');

/** The commands that come first after these words of the page: a block of them, or one in the text. */
function commandsAfter(words: string): string[][] {
  const at = PAGE.indexOf(words);
  const rest = at < 0 ? '' : PAGE.slice(at);
  const [, block, inline] = /```\n([^]*?)```|`(kubectl [^`]+)`/.exec(rest) ?? [];
  const lines = (block ?? inline ?? '').split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [program, ...args] = line.replaceAll('INSTANCE', RELEASE).split(' ');
      expect(program).toBe('kubectl');
      return args;
    });
}

const tried = (object: KubeObject): Promise<string[]> => dryRun(user).create(object);
const NOT_CALLED = 'failed calling webhook';

test('without Helm: labelled Pods start at once, and are found afterwards', async () => {
  const pod = labelledPod({ namespace: on.api.namespace, name: 'without' }, 'logs');
  await expect(tried(pod)).rejects.toThrow(NOT_CALLED);
  const commands = commandsAfter('3. Without Helm');
  expect(commands).toHaveLength(2);
  const [first = [], second = []] = commands;
  await user.kubectl(...first);
  // Nobody asks the webhook any more, and the guard still denies what it did not see.
  await eventually('the webhook to be forgotten', async () => {
    return (await tried(pod).catch(String)).includes('lacks label');
  });
  await user.kubectl(...second);
  await eventually('a labelled Pod to start', () => user.client.create(pod));
  const [listing = []] = commandsAfter('Which Pods started without');
  const { items } = JSON.parse(await user.kubectl(...listing, '-o', 'json')) as { items: Pod[] };
  // Of all namespaces: those of other tests have some, too.
  const ours = items.filter(({ metadata }) => metadata.namespace === on.api.namespace);
  expect(ours.map(({ metadata }) => metadata.name)).toEqual(['without']);
});

test('FluentPVCs are taken while nobody validates them, but for what their definition denies', async () => {
  await expect(tried(fluentPVC('unseen'))).rejects.toThrow(NOT_CALLED);
  const [command = []] = commandsAfter('FluentPVCs while nobody validates them');
  await user.kubectl(...command);
  await eventually('the webhook to be forgotten', () => tried(fluentPVC('unseen')));
  const { spec } = fluentPVC('unseen');
  const pvcSpecTemplate = { ...spec.pvcSpecTemplate, volumeName: 'one-for-all' };
  await expect(tried(fluentPVC('unseen', { pvcSpecTemplate }))).rejects.toThrow(
    'must be absent: each Pod gets a volume of its own',
  );
});

test('an upgrade puts all of it back', async () => {
  await on.upgrade();
  const pod = labelledPod(on.api, 'logs');
  for (const object of [pod, fluentPVC('unseen')]) {
    await eventually('the webhook to be asked', async () => {
      return (await tried(object).catch(String)).includes(NOT_CALLED);
    });
  }
  const binding = ['validatingadmissionpolicybinding', `${RELEASE}-pods`];
  expect(await on.api.kubectl('get', ...binding, '-o', 'name')).toContain(`${RELEASE}-pods`);
});
