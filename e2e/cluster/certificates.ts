import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { randomBytes, type webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Who a client certificate speaks for. */
export interface Subject {
  /** User name for Kubernetes. */
  readonly user: string;
  readonly groups?: readonly string[];
}

/** The cluster's own certificate authority; its key is kept for the controller-manager's signer. */
export interface Authority extends KeyPair {
  /** A certificate for a client. */
  client(subject: Subject): Promise<KeyPair>;
  /** A certificate for a server reachable under these DNS names and IP addresses. */
  server(name: string, hosts: readonly string[]): Promise<KeyPair>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };

/** Makes an authority that is valid for a year, as its certificates are. */
export async function createAuthority(now: Date): Promise<Authority> {
  const keys = await newKeys();
  const validity = {
    // A clock that is a little behind must not reject what was just made.
    notBefore: new Date(now.getTime() - 5 * 60_000),
    notAfter: new Date(now.getTime() + 365 * 24 * 3_600_000),
  };
  const issuer = [{ CN: ['fluent-pvc-operator embedded cluster'] }];
  const root = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: serial(),
    name: issuer,
    keys,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });

  async function issue(
    subject: readonly Record<string, string[]>[],
    extensions: readonly Extension[],
  ): Promise<KeyPair> {
    const own = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      ...validity,
      serialNumber: serial(),
      issuer,
      subject: [...subject],
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm,
      extensions: [
        new KeyUsagesExtension(
          KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment,
          true,
        ),
        ...extensions,
      ],
    });
    return { certificate: pem(certificate.toString('pem')), key: await privateKeyPem(own) };
  }

  return {
    certificate: pem(root.toString('pem')),
    key: await privateKeyPem(keys),
    client: ({ user, groups = [] }) =>
      issue(
        [...groups.map((group) => ({ O: [group] })), { CN: [user] }],
        [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
      ),
    server: (name, hosts) =>
      issue(
        [{ CN: [name] }],
        [
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension(hosts.map(alternativeName)),
        ],
      ),
  };
}

/** A key pair without a certificate, for signing the tokens of service accounts. Both PEM. */
export async function createSigningKey(): Promise<{
  readonly public: string;
  readonly key: string;
}> {
  const keys = await newKeys();
  const spki = await crypto.subtle.exportKey('spki', keys.publicKey);
  return { public: pem(PemConverter.encode(spki, 'PUBLIC KEY')), key: await privateKeyPem(keys) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return pem(
    PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
  );
}

function pem(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function alternativeName(host: string): JsonGeneralName {
  return { type: isIP(host) === 0 ? 'dns' : 'ip', value: host };
}

/** 127 random bits: positive, as the standard asks. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('hex');
}
