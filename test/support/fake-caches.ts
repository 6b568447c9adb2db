import { bindingKeyBy, fluentPVCNeededBy } from '../../controllers/caches.ts';
import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import type { Job } from '../../src/api/job.ts';
import { labels } from '../../src/api/names.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { fakeCache, type FakeCache } from './fake-cache.ts';

/** What the caches of the controllers show. */
export interface FakeCaches {
  namespaces: FakeCache<KubeObject>;
  fluentPVCs: FakeCache<FluentPVC>;
  bindings: FakeCache<Binding>;
  claims: FakeCache<Claim>;
  pods: FakeCache<Pod>;
  jobs: FakeCache<Job>;
  jobPods: FakeCache<Pod>;
}

export function fakeCaches(content: {
  namespaces?: Stored<KubeObject>[];
  fluentPVCs?: Stored<FluentPVC>[];
  bindings?: Stored<Binding>[];
  claims?: Stored<Claim>[];
  pods?: Stored<Pod>[];
  jobs?: Stored<Job>[];
  jobPods?: Stored<Pod>[];
}): FakeCaches {
  return {
    namespaces: fakeCache(content.namespaces),
    fluentPVCs: fakeCache(content.fluentPVCs),
    bindings: fakeCache(content.bindings, (binding) => binding.spec.fluentPVC.uid),
    claims: fakeCache(content.claims, fluentPVCNeededBy),
    pods: fakeCache(content.pods, bindingKeyBy(labels.binding)),
    jobs: fakeCache(content.jobs),
    jobPods: fakeCache(content.jobPods, bindingKeyBy(labels.finalizerJobOf)),
  };
}
