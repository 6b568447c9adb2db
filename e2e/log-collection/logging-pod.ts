import type { Container, Pod, PodSpec } from '../../src/api/pod.ts';
import { container, labelledPod } from '../../test/support/manifests.ts';
import { writerName } from '../demo/objects.ts';
import { fluentPVCName, namespace } from './objects.ts';

/** Of every Pod in the namespace of the example: what the profile `restricted` asks for. */
const securityContext = {
  runAsNonRoot: true,
  runAsUser: 10001,
  runAsGroup: 10001,
  fsGroup: 10001,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A Pod of the example's namespace that runs the script once, with `$LOG_FILE` and `$POD_UID` to log to. */
export function loggingPod(name: string, script: string, change: Partial<PodSpec> = {}): Pod {
  return labelledPod({ namespace, name }, fluentPVCName, {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 5,
    securityContext,
    containers: [
      {
        ...container(writerName, script),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      } as Container,
    ],
    ...change,
  });
}

/** The Pod's user, in the group that sidecar and finalizer Job have. */
export function runningAs(runAsUser: number): Partial<PodSpec> {
  const own = { ...securityContext, runAsUser };
  return { securityContext: own };
}

/**
 * Script that writes so many lines at once, a millisecond after the other by their own account, and
 * says how many at its end.
 */
export function burst(lines: number): string {
  const line = `printf "%s.%03dZ %s %d of a burst\\n", strftime("%Y-%m-%dT%H:%M:%S", t + int(i / 1000), 1), i % 1000, uid, i`;
  const all = `BEGIN { t = systime() - int(${lines} / 1000) - 1; for (i = 1; i <= ${lines}; i++) ${line} }`;
  return `awk -v uid="$POD_UID" '${all}' >>"$LOG_FILE"; sync; ${said(lines)}`;
}

/** Script whose termination message is the number of lines. */
export function said(lines: number | string): string {
  return `echo "wrote ${lines} lines" >/dev/termination-log`;
}
