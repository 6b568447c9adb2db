import { X509Certificate } from 'node:crypto';
import type { ObjectMeta, Stored } from '../src/api/object.ts';
import type { Secret } from '../src/api/secret.ts';
import type { Write } from '../src/core/plan.ts';
import { APP_NAME, INSTANCE_LABEL, NAME_LABEL } from '../src/core/registration.ts';
import { certificatesIn } from './ca-bundle.ts';
import { servingCertificate, type KeyPair, type ServingCertificate } from './certificate.ts';

/** What the Secret holds: the certificate in use, and the one that is to take its place. */
export interface Held {
  current: ServingCertificate | undefined;
  next: ServingCertificate | undefined;
}

/** Which Secret, and whose. */
export interface SecretOf {
  namespace: string;
  name: string;
  instance: string;
  /** By which Helm knew it when it was last seen: an uninstallation takes along what has them. */
  marks?: Pick<ObjectMeta, 'labels' | 'annotations'>;
}

/** They stay as long as the release. What else it sets, the next version may want otherwise. */
const HELM = {
  label: 'app.kubernetes.io/managed-by',
  annotations: ['meta.helm.sh/release-name', 'meta.helm.sh/release-namespace'],
} as const;

/** Helm's marks on a Secret; `undefined` where it is not Helm's. */
export function marksOf({ metadata }: Secret): SecretOf['marks'] {
  const { labels = {}, annotations = {} } = metadata;
  const manager = labels[HELM.label];
  const release = HELM.annotations.flatMap((name) => {
    const value = annotations[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  if (manager === undefined || release.length < HELM.annotations.length) return undefined;
  return { labels: { [HELM.label]: manager }, annotations: Object.fromEntries(release) };
}

/** The first three are those of a Secret of type `kubernetes.io/tls`: programs that look for expiry know them. */
const KEYS = {
  current: { cert: 'tls.crt', key: 'tls.key', ca: 'ca.crt' },
  next: { cert: 'next-tls.crt', key: 'next-tls.key', ca: 'next-ca.crt' },
} as const satisfies Record<keyof Held, KeyPair>;

/**
 * What can be used of the Secret. What cannot be read as a certificate with its key and its CA is not
 * there.
 */
export function heldIn(secret: Secret | undefined): Held {
  return { current: pairIn(secret, 'current'), next: pairIn(secret, 'next') };
}

/** Makes the Secret hold that; on one that is there, only as it was seen, and nothing else of it changes. */
export function secretWrite(
  { namespace, name, instance, marks }: SecretOf,
  secret: Stored<Secret> | undefined,
  { current, next }: { current: KeyPair; next?: KeyPair | undefined },
): Write {
  const data = { ...encoded('current', current), ...encoded('next', next) };
  if (secret !== undefined) {
    const { uid, resourceVersion } = secret.metadata;
    const ref = { kind: 'Secret', namespace, name } as const;
    return {
      verb: 'patch',
      ref,
      type: 'merge',
      body: { metadata: { uid, resourceVersion }, data },
    };
  }
  const object: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace,
      name,
      labels: { [NAME_LABEL]: APP_NAME, [INSTANCE_LABEL]: instance, ...marks?.labels },
      ...(marks?.annotations === undefined ? {} : { annotations: marks.annotations }),
    },
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(data).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
    ),
  };
  return { verb: 'create', object };
}

function pairIn(secret: Secret | undefined, which: keyof Held): ServingCertificate | undefined {
  const { cert, key, ca } = KEYS[which];
  const text = (name: string): string =>
    Buffer.from(secret?.data?.[name] ?? '', 'base64').toString('utf8');
  try {
    const pair = servingCertificate({ cert: text(cert), key: text(key), ca: text(ca) });
    return isSignedBy(pair) ? pair : undefined;
  } catch {
    return undefined;
  }
}

function isSignedBy({ cert, ca }: KeyPair): boolean {
  const signed = new X509Certificate(cert);
  const signers = certificatesIn(ca).map((pem) => new X509Certificate(pem));
  return signers.some((one) => signed.checkIssued(one) && signed.verify(one.publicKey));
}

/** `null` takes a key away. */
function encoded(which: keyof Held, pair: KeyPair | undefined): Record<string, string | null> {
  const { cert, key, ca } = KEYS[which];
  const base64 = (text: string | undefined): string | null =>
    text === undefined ? null : Buffer.from(text).toString('base64');
  return { [cert]: base64(pair?.cert), [key]: base64(pair?.key), [ca]: base64(pair?.ca) };
}
