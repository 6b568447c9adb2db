import { expect, test } from '@jest/globals';
import {
  claimIdentity,
  isLost,
  ownClaim,
  type ClaimIdentity,
} from '../../../../controllers/binding/claim-identity.ts';
import type { Claim } from '../../../../src/api/claim.ts';
import { annotations, DRAINED, labels } from '../../../../src/api/names.ts';
import type { ObjectMeta, Stored } from '../../../../src/api/object.ts';
import { make, NAME } from '../../../support/make.ts';
import { elsewhere, inPlace, newClaim, RESCUE } from '../../../support/rescuing.ts';

const claim = (metadata: ObjectMeta = {}): Stored<Claim> => make.claim({ metadata });
const known = make.binding();
const unlearned = make.binding({ spec: { pvc: { name: NAME, uid: '' } } });
const copied = { [annotations.admissionId]: 'another' };
const drained = {
  labels: { ...make.claim().metadata.labels, [labels.state]: DRAINED },
  finalizers: [],
};

interface Case {
  claim?: Stored<Claim>;
  binding?: typeof known;
  is: ClaimIdentity['is'];
}
const cases: Record<string, Case> = {
  'there is none': { is: 'absent' },
  'all agrees': { claim: claim(), is: 'ours' },
  'all agrees, and its uid is to be learned': { claim: claim(), binding: unlearned, is: 'ours' },
  'our finalizer is off': { claim: claim({ finalizers: [] }), is: 'stripped' },
  'the label is off': { claim: claim({ labels: {} }), is: 'stripped' },
  'it says another admission': { claim: claim({ annotations: copied }), is: 'stripped' },
  'marks are off, and its uid was not learned': {
    claim: claim({ labels: {} }),
    binding: unlearned,
    is: 'doubtful',
  },
  'it is drained and let go': { claim: claim(drained), is: 'retained' },
  'it says that it is drained, and is of another admission': {
    claim: claim({ ...drained, annotations: copied }),
    is: 'stripped',
  },
  'its uid is another one': { claim: claim({ uid: 'x' }), is: 'stranger' },
  'its uid is another one, and it says that it is drained': {
    claim: claim({ ...drained, uid: 'x' }),
    is: 'stranger',
  },
  'it has taken over the volume of the one that is gone': {
    claim: newClaim('shop'),
    binding: inPlace(),
    is: 'ours',
  },
  'the same in the rescue namespace': {
    claim: newClaim(RESCUE),
    binding: elsewhere('new-uid'),
    is: 'ours',
  },
  'it has that volume, and not our marks': {
    claim: make.claim({ metadata: { uid: 'x', labels: {} } }),
    binding: inPlace(),
    is: 'doubtful',
  },
  'its volume is another one than the one that is rescued': {
    claim: make.claim({ metadata: { uid: 'x' }, spec: { volumeName: 'pv-2' } }),
    binding: inPlace(),
    is: 'stranger',
  },
};

test.each(Object.entries(cases))('whose a claim is, where %s', (_, { binding, ...given }) => {
  const identity = claimIdentity(given.claim, binding ?? known);
  expect(identity.is).toBe(given.is);
  const isOwn = ['ours', 'retained', 'stripped'].includes(given.is);
  expect(ownClaim(given.claim, binding ?? known)).toBe(isOwn ? given.claim : undefined);
  expect(isLost(identity)).toBe(['absent', 'stranger'].includes(given.is));
});
