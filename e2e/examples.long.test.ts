import { describe, expect, test } from '@jest/globals';
import { eventually } from '../test/support/eventually.ts';
import { shared } from '../test/support/shared.ts';
import { leftoversOf } from './demo/cycle.ts';
import { keepLedger, type Ledger, type Writers } from './demo/ledger.ts';
import { writers as demoWriters } from './demo/objects.ts';
import { receivedLines } from './demo/scenario.ts';
import { faultsOf, tallyOf } from './demo/tally.ts';
import type { Kubectl } from './kubectl.ts';
import { ensureLogCollectionImages } from './log-collection/images.ts';
import { numbersOf, writers as logWriters } from './log-collection/lines.ts';
import { linesInLoki } from './log-collection/loki.ts';
import type { Observer } from './observer.ts';
import { nothingLeft } from './seen.ts';
import { openWatchedStage, type Stage } from './stage.ts';
import { type Readme, readReadme, walk } from './walk.ts';

/*
 * What the READMEs of the examples say is done, to the letter; what they show is seen, every line that
 * was written arrives, and nothing is left. Twice: what the first walk left would be in the way of the
 * second.
 */

let stage: Stage;
let observer: Observer;

shared(async (parts) => {
  ({ stage, observer } = await openWatchedStage('e2e-examples', parts));
  await ensureLogCollectionImages(stage.cluster);
  // What people copy is admitted by the strictest of the standards.
  const standard = 'pod-security.kubernetes.io/enforce=restricted';
  await stage.kubectl('label', 'namespace', stage.namespace, standard);
});

/** Examples that ship to one backend, which the first of them brings and, at its end, takes away. */
interface Suite {
  readonly host: string;
  readonly guests: readonly string[];
  readonly writers: Writers;
  /** All that the backend has, each line as the name of its writer and its number. */
  readonly received: (kubectl: Kubectl) => Promise<readonly string[]>;
}

const CLEAN_UP = 'Clean up';

const SUITES: readonly Suite[] = [
  { host: 'demo', guests: [], writers: demoWriters, received: receivedLines },
  {
    host: 'log-collection',
    guests: ['deployment', 'statefulset', 'job', 'cronjob'],
    writers: logWriters,
    received: async (kubectl) => numbersOf(await linesInLoki(kubectl)),
  },
];

function readmeOf(example: string): Promise<Readme> {
  return readReadme(`examples/${example}/README.md`);
}

/** Nobody's line is lost; what was made for the Pods is gone. */
async function expectAllShipped({ received }: Suite, { written }: Ledger): Promise<void> {
  // The watch tells of a Pod's last words a moment after kubectl does.
  await eventually('all lines to arrive', async () => {
    const left = await leftoversOf(stage.client);
    const faults = faultsOf(tallyOf({ written, received: await received(stage.kubectl), left }));
    if (faults.length > 0) throw new Error(faults.join('; '));
    return true;
  });
}

for (const time of ['the first time', 'the second time']) {
  describe.each(SUITES)(`$host, ${time}`, (suite) => {
    let ledger: Ledger;

    test('does what its README says', async () => {
      ledger = keepLedger(observer.pods, suite.writers);
      const { path, sections } = await readmeOf(suite.host);
      const others = sections.filter(({ heading }) => heading !== CLEAN_UP);
      expect(await walk({ path, sections: others }, stage.cluster)).toEqual([]);
      await expectAllShipped(suite, ledger);
    });

    for (const guest of suite.guests) {
      test(`takes ${guest} as its README says`, async () => {
        expect(await walk(await readmeOf(guest), stage.cluster)).toEqual([]);
        await expectAllShipped(suite, ledger);
      });
    }

    test('leaves nothing', async () => {
      const { path, sections } = await readmeOf(suite.host);
      const last = sections.filter(({ heading }) => heading === CLEAN_UP);
      expect(last).toHaveLength(1);
      expect(await walk({ path, sections: last }, stage.cluster)).toEqual([]);
      await nothingLeft(stage);
    });
  });
}
