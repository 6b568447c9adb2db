import { labels } from '../../src/api/names.ts';
import type { EnvVar, Pod, Volume } from '../../src/api/pod.ts';
import type { Writing } from './plan.ts';

/** Where Pods mount, by hostPath, the folder of gates: a file there lets a Pod's writer begin. */
export const GATES = '/tmp/safety-gates';

/** Name of the Pod, and of its one container besides what is injected. */
export const WRITER = 'writer';

/**
 * Writes `TIME UID NUMBER xxxx.`, one line after the other, each with one write(2): the point says
 * that the line is whole. By the time, which is that of the writing, a backend that knows lines by
 * their times knows one again that is sent twice. It holds the file open, so that what is written to a volume that is released
 * already goes to the same file, too. One that is started again goes on with the next number.
 */
const SCRIPT = `
case $ON_TERM in ends) trap 'exit 0' TERM ;; *) trap '' TERM ;; esac
mkdir -p "$(dirname "$FILE")" && exec 3>>"$FILE" || exit 2
until [ -e ${GATES}/$POD_UID ]; do sleep 0.05; done
filling=$(head -c 2000 /dev/zero | tr '\\0' x)
written=$(wc -l <"$FILE")
while [ "$written" -lt "$LINES_IN_ALL" ]; do
  left=$AT_ONCE now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  while [ "$left" -gt 0 ] && [ "$written" -lt "$LINES_IN_ALL" ]; do
    set -- $PADDING
    shift $((written % $#))
    echo "$now $POD_UID $((written + 1)) \${filling:0:$1}." >&3 || exit 3
    written=$((written + 1)) left=$((left - 1))
  done
  sync -d "$FILE"
  sleep 0.1
done
`;

/** An empty volume: not even the file is there. */
const NOTHING = 'exit 0';

/** What the Pods of an example have in common. */
export interface WriterTemplate {
  readonly fluentPVC: string;
  /** Where the shipper looks for lines, as a word of the shell. */
  readonly path: string;
  /** As whom the app runs: the shipper must be able to read its file. */
  readonly user: number;
}

/** The Pod of a run. */
export function writerPod(
  namespace: string,
  writing: Writing,
  { fluentPVC, path, user }: WriterTemplate,
): Pod {
  const securityContext = { runAsUser: user, fsGroup: user };
  const gates = { name: 'gates', hostPath: { path: GATES } } as Volume;
  const container = {
    name: WRITER,
    image: 'busybox:stable',
    command: ['sh', '-c', writing.lines === 0 ? NOTHING : `FILE="${path}"${SCRIPT}`],
    env: environment(writing),
    volumeMounts: [{ name: gates.name, mountPath: GATES }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name: WRITER, labels: { [labels.fluentPVC]: fluentPVC } },
    spec: {
      restartPolicy: writing.restartPolicy,
      terminationGracePeriodSeconds: writing.gracePeriodSeconds,
      containers: [container],
      volumes: [gates],
      securityContext,
    },
  };
}

/** From the first line to the last, by the times that they begin with: whole seconds. Pure. */
export function secondsOfWriting(lines: readonly string[]): number {
  const timeOf = (line = ''): number => Date.parse(line.split(' ')[0] ?? '');
  return lines.length === 0 ? 0 : (timeOf(lines.at(-1)) - timeOf(lines[0])) / 1000;
}

function environment(writing: Writing): EnvVar[] {
  const uid = { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } };
  const values = {
    LINES_IN_ALL: writing.lines,
    AT_ONCE: writing.linesAtOnce,
    PADDING: writing.padding.join(' '),
    ON_TERM: writing.onTerm,
  };
  const others = Object.entries(values).map(([name, value]) => ({ name, value: String(value) }));
  return [uid, ...others];
}
