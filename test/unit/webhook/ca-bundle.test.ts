import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  bundlesOf,
  bundleWrite,
  certificatesIn,
  trustedByAll,
} from '../../../webhook/ca-bundle.ts';
import { Letters, OF } from '../../support/certifying.ts';

const letters = new Letters();
beforeAll(() => letters.make('AB', Date.now()));
const MUTATING = 'MutatingWebhookConfiguration';

describe('the certificates in a bundle', () => {
  test('are the same, however they are written down', () => {
    const pem = letters.ca('A');
    const [, base64 = ''] = /-----\n([^-]+)\n-----/.exec(pem) ?? [];
    const other = `a note\r\n-----BEGIN CERTIFICATE-----\r\n${base64.replaceAll('\n', '')}\r\n-----END CERTIFICATE-----`;
    expect(certificatesIn(`${other}${letters.ca('B')}`)).toEqual([
      letters.ca('A'),
      letters.ca('B'),
    ]);
  });
  test.each(['', 'nonsense', '-----BEGIN CERTIFICATE-----'])('%j has none', (pem) => {
    expect(certificatesIn(pem)).toEqual([]);
  });
  test('are read of each webhook', () => {
    const found = bundlesOf(letters.configuration(MUTATING, 'AB', '', 'A'));
    expect(found.map((bundle) => bundle.map((ca) => letters.name(ca)).join(''))).toEqual([
      'AB',
      '',
      'A',
    ]);
  });
});

test.each<[string, string[][], string]>([
  ['all that trust the same', [['AB'], ['BA']], 'AB'],
  ['one that trusts less', [['AB'], ['B']], 'B'],
  ['one webhook that trusts less', [['AB', 'A'], ['AB']], 'A'],
  ['one that trusts nobody', [['AB'], ['']], ''],
  ['none', [], ''],
])('of %s', (_, bundles, trusted) => {
  const configurations = bundles.map((each) => letters.configuration(MUTATING, ...each));
  const names = [...trustedByAll(configurations)].map((ca) => letters.name(ca));
  expect(names.toSorted().join('')).toBe(trusted);
});

describe('a bundle is written', () => {
  const wanted = (): string[] => [letters.ca('A'), letters.ca('B')];

  test('where it differs, and only on what was seen', () => {
    const write = bundleWrite(letters.configuration(MUTATING, 'AB', 'A', ''), wanted);
    const value = Buffer.from(wanted().join('')).toString('base64');
    expect(write).toEqual({
      verb: 'patch',
      type: 'json',
      ref: { kind: MUTATING, name: OF.instance },
      body: [
        { op: 'test', path: '/metadata/resourceVersion', value: '7' },
        { op: 'add', path: '/webhooks/1/clientConfig/caBundle', value },
        { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value },
      ],
    });
  });
  test('not for another order', () => {
    expect(bundleWrite(letters.configuration(MUTATING, 'BA'), wanted)).toBeUndefined();
  });
});
