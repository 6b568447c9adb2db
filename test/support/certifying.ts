import type { Stored } from '../../src/api/object.ts';
import type { Secret } from '../../src/api/secret.ts';
import type { Write } from '../../src/core/plan.ts';
import { certificatesIn, type Configuration } from '../../webhook/ca-bundle.ts';
import { makeCertificate, type ServingCertificate } from '../../webhook/certificate.ts';
import { LIFETIME_MS } from '../../webhook/certificate-plan.ts';

/* Certificates by the letters of a plan's diagram, and what holds them. */

export const OF = { namespace: 'ops', name: 'webhook-certificate', instance: 'mine' };
export const HOST = 'mine-webhook.ops.svc';

/** A webhook of the configuration for each list of CAs. */
export type Bundles = string[];

/** Certificates by letter. */
export class Letters {
  readonly #pairs = new Map<string, ServingCertificate>();

  /** Makes one of each letter; they begin at that time, in ms since the epoch. */
  async make(letters: string, now: number, hosts: readonly string[] = [HOST]): Promise<void> {
    for (const letter of letters) {
      this.#pairs.set(letter, await makeCertificate(hosts, new Date(now), LIFETIME_MS));
    }
  }

  of(letter: string): ServingCertificate {
    const pair = this.#pairs.get(letter);
    if (pair === undefined) throw new Error(`there is no certificate ${letter}`);
    return pair;
  }

  ca(letter: string): string {
    return certificatesIn(this.of(letter).ca).join('');
  }

  /** Which one it is; `?` where it is none of ours. */
  name(pem: string): string {
    const known = [...this.#pairs].find(([, { cert, ca }]) =>
      [cert, ca].some((own) => certificatesIn(own).join('') === certificatesIn(pem).join('')),
    );
    return known?.[0] ?? '?';
  }

  /** `A`: in use. `AB`: and B is to take its place. */
  secret(letters: string, resourceVersion = '1'): Stored<Secret> {
    const data: Record<string, string> = {};
    for (const [index, letter] of Array.from(letters).entries()) {
      const { cert, key, ca } = this.of(letter);
      const prefix = index === 0 ? '' : 'next-';
      data[`${prefix}tls.crt`] = base64(cert);
      data[`${prefix}tls.key`] = base64(key);
      data[`${prefix}ca.crt`] = base64(ca);
    }
    return secretOf(data, resourceVersion);
  }

  /** Configuration whose webhooks trust those. */
  configuration(kind: string, ...bundles: Bundles): Stored<Configuration> {
    return {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      metadata: stored(OF.instance, '7'),
      webhooks: bundles.map((letters, index) => ({
        name: `webhook-${index}`,
        clientConfig:
          letters === ''
            ? {}
            : {
                caBundle: base64(
                  Array.from(letters)
                    .map((letter) => this.ca(letter))
                    .join(''),
                ),
              },
      })),
    };
  }

  /** In words: what is written, by letters. */
  say(write: Write): string {
    switch (write.verb) {
      case 'create':
        return `create Secret ${this.lettersIn((write.object as Secret).data ?? {})}`;
      case 'patch': {
        if (write.type === 'merge') {
          const { data } = write.body as { data: Record<string, string | null> };
          return `Secret ${this.lettersIn(data)}`;
        }
        const [, ...operations] = write.body as { path: string; value: string }[];
        const bundles = operations.map(({ value }) =>
          certificatesIn(Buffer.from(value, 'base64').toString())
            .map((pem) => this.name(pem))
            .join(''),
        );
        return `${write.ref.kind.replace('WebhookConfiguration', '')} ${bundles.join(' ')}`;
      }
      case 'delete':
      case 'evict':
      case 'event':
        return write.verb;
      default:
        throw new Error(`no such write: ${JSON.stringify(write satisfies never)}`);
    }
  }

  private lettersIn(data: Record<string, string | null>): string {
    return ['tls.crt', 'next-tls.crt']
      .map((key) => data[key])
      .map((value) => (value ? this.name(Buffer.from(value, 'base64').toString()) : ''))
      .join('');
  }
}

export function secretOf(data: Record<string, string>, resourceVersion = '1'): Stored<Secret> {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: OF.namespace, ...stored(OF.name, resourceVersion) },
    data,
  };
}

function stored(name: string, resourceVersion: string): Stored<Secret>['metadata'] {
  return { name, uid: `${name}-uid`, resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
