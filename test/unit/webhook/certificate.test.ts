import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { UserError } from '../../../src/errors.ts';
import {
  loadCertificate,
  makeCertificate,
  type ServingCertificate,
} from '../../../webhook/certificate.ts';

const now = new Date();
let made: ServingCertificate;
let other: ServingCertificate;
beforeAll(async () => {
  made = await makeCertificate(['webhook.example', '127.0.0.1', '::1'], now);
  other = await makeCertificate(['other'], now);
});

describe('a certificate that was made', () => {
  test('is valid for its hosts and no other', () => {
    const cert = new X509Certificate(made.cert);
    expect(cert.checkHost('webhook.example')).toBe('webhook.example');
    expect(cert.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(cert.checkIP('::1')).toBeDefined();
    expect(cert.checkHost('other.example')).toBeUndefined();
    expect(cert.checkIP('127.0.0.2')).toBeUndefined();
  });
  test('is signed by its CA, which may sign no other CA', () => {
    const [cert, ca] = [new X509Certificate(made.cert), new X509Certificate(made.ca)];
    expect(cert.checkIssued(ca)).toBe(true);
    expect(cert.verify(ca.publicKey)).toBe(true);
    expect(cert.verify(new X509Certificate(other.ca).publicKey)).toBe(false);
    expect([ca.ca, cert.ca]).toEqual([true, false]);
    expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });
  test('is valid from an hour ago for ten years', () => {
    const cert = new X509Certificate(made.cert);
    const hours = (text: string): number =>
      Math.round((Date.parse(text) - now.getTime()) / 3_600_000);
    expect([hours(cert.validFrom), hours(cert.validTo)]).toEqual([-1, 3_650 * 24]);
    expect(made.notAfter.getTime()).toBe(now.getTime() + 3_650 * 24 * 3_600_000);
  });
  test('has serial numbers of its own, that are positive', () => {
    const serials = [made, other].flatMap(({ cert, ca }) => [
      new X509Certificate(cert).serialNumber,
      new X509Certificate(ca).serialNumber,
    ]);
    expect(new Set(serials).size).toBe(4);
    for (const serial of serials) expect(serial).toMatch(/^0?1/);
  });
  test.each([
    ['is trusted by who trusts its CA', (): string => made.ca, true],
    ['is trusted by who trusts another one first', (): string => `${other.ca}\n${made.ca}`, true],
    ['is not trusted by who trusts another', (): string => other.ca, false],
  ])('%s', async (_, ca, trusted) => {
    const server = createServer({ cert: made.cert, key: made.key }, (socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const outcome = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', ca: ca() }, () => {
        resolve(socket.authorized);
        socket.destroy();
      });
      socket.on('error', () => {
        resolve(false);
      });
    });
    server.close();
    expect(outcome).toBe(trusted);
  });
});

describe('a folder', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (files: Record<string, string>): void => {
    for (const name of ['tls.crt', 'tls.key', 'ca.crt'])
      rmSync(join(folder, name), { force: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  };

  test('with all three files is loaded', () => {
    write({ 'tls.crt': made.cert, 'tls.key': made.key, 'ca.crt': made.ca });
    const loaded = loadCertificate(folder);
    expect(loaded).toMatchObject({ cert: made.cert, key: made.key, ca: made.ca });
    expect(Math.abs(loaded.notAfter.getTime() - made.notAfter.getTime())).toBeLessThan(1000);
  });
  test('without ca.crt is its own CA', () => {
    write({ 'tls.crt': made.cert, 'tls.key': made.key });
    expect(loadCertificate(folder).ca).toBe(made.cert);
  });

  const faults: Record<string, () => Record<string, string>> = {
    'without tls.crt': () => ({ 'tls.key': made.key }),
    'without tls.key': () => ({ 'tls.crt': made.cert }),
    'whose key is of another certificate': () => ({ 'tls.crt': made.cert, 'tls.key': other.key }),
    'whose certificate is none': () => ({ 'tls.crt': 'nonsense', 'tls.key': made.key }),
    'whose key is none': () => ({ 'tls.crt': made.cert, 'tls.key': '' }),
  };
  test.each(Object.entries(faults))('%s is a fault that names it', (_, files) => {
    write(files());
    let thrown: unknown;
    try {
      loadCertificate(folder);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ code: 'CertificateInvalid' });
    expect((thrown as Error).message).toContain(folder);
  });
});
