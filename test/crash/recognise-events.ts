import type { EventReason } from '../../src/core/plan.ts';
import { textAt, type ApiWrite } from './api-write.ts';
import { created } from './recognise.ts';

/** What an Event is about, as far as that makes it a point of its own. */
type About = 'Namespace' | 'FluentPVC' | 'anything else';

/** What each is told of. Every reason of the operator has its place here, or this does not compile. */
const ABOUT: Record<EventReason, readonly About[]> = {
  AttemptsExhausted: ['anything else'],
  BrakeEngaged: ['FluentPVC'],
  BrakeReleased: ['FluentPVC'],
  DataGivenUp: ['Namespace', 'anything else'],
  DeletionWaits: ['anything else'],
  EvictionRefused: ['anything else'],
  FluentPVCMissing: ['anything else'],
  Injected: ['anything else'],
  InjectionDenied: ['anything else'],
  RescueRefused: ['Namespace'],
  SidecarFailed: ['anything else'],
  VolumeLeft: ['Namespace'],
  VolumeRescued: ['Namespace', 'anything else'],
  WriterMayBeAlive: ['anything else'],
};

/** An Event of ours about that. */
export const told =
  (about: About) =>
  (write: ApiWrite): boolean => {
    const kind = textAt(write.body, 'regarding', 'kind');
    const reason = textAt(write.body, 'reason');
    const is = kind === 'Namespace' || kind === 'FluentPVC' ? kind : 'anything else';
    const isOurs = Object.entries(ABOUT).some(
      ([one, abouts]) => one === reason && abouts.includes(about),
    );
    return created('events')(write) && is === about && isOurs;
  };
