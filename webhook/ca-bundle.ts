import type { KubeObject, Stored } from '../src/api/object.ts';
import type { Kind } from '../src/api/resources.ts';
import type { PatchOperation, Write } from '../src/core/plan.ts';
import { pointer } from '../src/core/plan.ts';

/** A webhook configuration, as far as the trust of the API server goes. */
export interface Configuration extends KubeObject {
  webhooks?: {
    name: string;
    clientConfig: {
      /** Base64 of PEM. */
      caBundle?: string;
    };
  }[];
}

/** Its parts, each a certificate in PEM. */
export function certificatesIn(pem: string): string[] {
  return [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)].map(
    ([, base64 = '']) => {
      // Compared as texts: the same certificate may come in lines of another length.
      const lines = base64.replaceAll(/\s/g, '').match(/.{1,64}/g) ?? [];
      return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
    },
  );
}

/** Of each webhook of the configuration, which CAs the API server trusts. */
export function bundlesOf({ webhooks = [] }: Configuration): string[][] {
  return webhooks.map(({ clientConfig }) => bundleOf(clientConfig));
}

/** The CAs that all webhooks of all configurations trust; none where there is no configuration. */
export function trustedByAll(configurations: readonly Configuration[]): Set<string> {
  const [first = [], ...others] = configurations.flatMap(bundlesOf);
  return new Set(first.filter((ca) => others.every((bundle) => bundle.includes(ca))));
}

/**
 * Gives each webhook of the configuration the bundle that it should have. Of a configuration that
 * somebody has changed meanwhile nothing is written. `undefined`: it has them.
 */
export function bundleWrite(
  configuration: Stored<Configuration>,
  bundleFor: (old: readonly string[]) => readonly string[],
): Write | undefined {
  const { kind, metadata, webhooks = [] } = configuration;
  const changes = webhooks.flatMap(({ clientConfig }, index): PatchOperation[] => {
    const old = bundleOf(clientConfig);
    const wanted = bundleFor(old);
    if (wanted.length === old.length && wanted.every((ca) => old.includes(ca))) return [];
    const value = Buffer.from(wanted.join('')).toString('base64');
    const path = pointer('webhooks', index, 'clientConfig', 'caBundle');
    return [{ op: 'add', path, value }];
  });
  if (changes.length === 0) return undefined;
  const { name, resourceVersion } = metadata;
  const path = pointer('metadata', 'resourceVersion');
  const body: PatchOperation[] = [{ op: 'test', path, value: resourceVersion }, ...changes];
  return { verb: 'patch', ref: { kind: kind as Kind, name }, type: 'json', body };
}

function bundleOf({ caBundle = '' }: { caBundle?: string }): string[] {
  return certificatesIn(Buffer.from(caBundle, 'base64').toString('utf8'));
}
