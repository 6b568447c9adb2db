import { delay, isAborted, type Clock } from '../src/clock.ts';
import { messageOf } from '../src/errors.ts';
import type { Log } from '../src/log.ts';
import { loadCertificate, type ServingCertificate } from './certificate.ts';
import type { ServedCertificate } from './served-certificate.ts';

/**
 * Kubelet brings a renewed Secret within about a minute, and who renews a certificate does so days
 * before the old one ends: this adds little.
 */
const LOOK_MS = 10_000;

/**
 * Serves what is in the folder, and what takes its place, until the signal aborts. What cannot be used
 * is refused with one line, and the old one stays.
 *
 * The files are read again and again instead of watched: kubelet swaps a symbolic link above them,
 * others write in place, network and overlay file systems tell of neither for sure, and two files of
 * some kB cost nothing. A pair is believed when two looks in a row saw the same: half of one may have
 * been written, or kubelet may have swapped between the two files.
 */
export async function followFolder(
  {
    folder,
    served,
    clock,
    log,
  }: { folder: string; served: ServedCertificate; clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  let seen = '';
  let said = '';
  for (;;) {
    await delay(clock, LOOK_MS, signal);
    if (isAborted(signal)) return;
    const found = read(folder, clock.now());
    const id = typeof found === 'string' ? found : found.cert + found.key;
    const lasts = id === seen;
    seen = id;
    if (!lasts) continue;
    if (typeof found !== 'string') {
      said = '';
      served.take(found);
    } else if (said !== found) {
      said = found;
      const notAfter = served.current?.notAfter.toISOString();
      log.error('the certificate cannot be renewed; the old one is served', {
        error: found,
        notAfter,
      });
    }
  }
}

/** The certificate, or why it cannot be used. */
function read(folder: string, now: number): ServingCertificate | string {
  try {
    const certificate = loadCertificate(folder);
    if (now < certificate.notAfter.getTime()) return certificate;
    return `the certificate in ${folder} has ended at ${certificate.notAfter.toISOString()}`;
  } catch (error) {
    return messageOf(error);
  }
}
