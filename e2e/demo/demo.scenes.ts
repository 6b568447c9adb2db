import { expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { observe } from '../observer.ts';
import type { Stage } from '../stage.ts';
import { manifests } from './objects.ts';
import { playReal } from './scenario.ts';
import { faultsOf } from './tally.ts';

/** The scenario of the demo, by whatever operator is on the stage. */
export function played(stage: () => Stage): void {
  test('does the main job, and every line arrives', async () => {
    await using parts = new AsyncDisposableStack();
    const watching = new AbortController();
    parts.defer(() => {
      watching.abort();
    });
    const { client, kubectl } = stage();
    const observer = await observe({ client, clock: systemClock }, watching.signal);
    const { signal } = watching;
    const tally = await playReal(
      { client, kubectl, observer, act: () => undefined, signal },
      { finalizerCommand: undefined },
    );
    expect(faultsOf(tally)).toEqual([]);
    expect(tally.written).toBeGreaterThan(70);
    await kubectl('delete', '-f', manifests.backend, '-f', manifests.app);
  });
}
