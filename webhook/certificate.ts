import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { messageOf, UserError } from '../src/errors.ts';

/** A certificate with its key, and what its clients have to trust; all PEM. */
export interface KeyPair {
  cert: string;
  key: string;
  /** For `clientConfig.caBundle` of the webhook configurations. */
  ca: string;
}

/** One that can be served. */
export interface ServingCertificate extends KeyPair {
  notBefore: Date;
  notAfter: Date;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Made at every start and trusted by one webhook configuration only: as long as a process may live. */
const LIFETIME_MS = 10 * 365 * 24 * 3600 * 1000;
/** Clocks differ: valid from an hour ago. */
export const BACKDATE_MS = 3600 * 1000;

/**
 * The certificate of a folder in the form of a `kubernetes.io/tls` Secret: tls.crt, tls.key and,
 * where there is one, ca.crt (else tls.crt is its own).
 *
 * @throws UserError CertificateInvalid
 */
export function loadCertificate(folder: string): ServingCertificate {
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      throw new UserError(`cannot read the certificate: ${messageOf(error)}`, 'CertificateInvalid');
    }
  };
  const cert = read('tls.crt');
  const key = read('tls.key');
  const ca = existsSync(join(folder, 'ca.crt')) ? read('ca.crt') : cert;
  try {
    return servingCertificate({ cert, key, ca });
  } catch (error) {
    throw new UserError(
      `tls.crt and tls.key in ${folder} are no certificate with its key: ${messageOf(error)}`,
      'CertificateInvalid',
    );
  }
}

/**
 * The pair, if it is one.
 *
 * @throws Error that says what is wrong with it
 */
export function servingCertificate(pair: KeyPair): ServingCertificate {
  const certificate = new X509Certificate(pair.cert);
  if (!certificate.checkPrivateKey(createPrivateKey(pair.key)))
    throw new Error('they do not match');
  const { validFromDate: notBefore, validToDate: notAfter } = certificate;
  return { ...pair, notBefore, notAfter };
}

/** Is it for all of these host names and addresses? */
export function isFor({ cert }: KeyPair, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(cert);
  return hosts.every(
    (host) =>
      (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined,
  );
}

/**
 * A certificate for these host names and addresses, signed by a CA made for nothing else: its key is
 * forgotten, so that it never signs another one.
 */
export async function makeCertificate(
  hosts: readonly string[],
  now: Date,
  lifetimeMs = LIFETIME_MS,
): Promise<ServingCertificate> {
  // Loaded only here: most installations bring their certificate along.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const notBefore = new Date(now.getTime() - BACKDATE_MS);
  const notAfter = new Date(now.getTime() + lifetimeMs);
  const common = { notBefore, notAfter, signingAlgorithm: ALGORITHM };
  const caSerial = serialNumber();
  // Clients look for the CA by its name, and some take the first of that name: in a bundle of two each
  // needs its own.
  const caName = `CN=fluent-pvc-operator webhook CA ${caSerial.slice(2, 18)}`;
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    serialNumber: caSerial,
    name: caName,
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const cert = await x509.X509CertificateGenerator.create({
    ...common,
    serialNumber: serialNumber(),
    subject: 'CN=fluent-pvc-operator webhook',
    issuer: caName,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    cert: cert.toString('pem'),
    key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    ca: ca.toString('pem'),
    notBefore,
    notAfter,
  };
}

function serialNumber(): string {
  // Positive: the first bit of a serial number is its sign.
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;
}
