import { describe, expect, test } from '@jest/globals';
import type { ApiWrite } from '../../crash/api-write.ts';
import { ownership, RESCUE_NAMESPACE } from '../../crash/ownership.ts';

const PLACE = 'place-1';
const write = (change: Partial<ApiWrite>): ApiWrite => ({
  verb: 'patch',
  resource: 'fluentpvcbindings',
  namespace: PLACE,
  name: 'a',
  subresource: '',
  body: {},
  ...change,
});
const event = (regarding: object): ApiWrite =>
  write({ verb: 'create', resource: 'events', namespace: 'default', body: { regarding } });
const elsewhere = (name: string): ApiWrite => write({ namespace: RESCUE_NAMESPACE, name });
const volume = (body: object): ApiWrite =>
  write({ resource: 'persistentvolumes', namespace: '', name: 'pv-1', body });

const cases: Record<string, { write: ApiWrite; isOwn: boolean }> = {
  'all in its namespace': { write: write({}), isOwn: true },
  'nothing in another one': { write: write({ namespace: 'place-12' }), isOwn: false },
  'its FluentPVC': {
    write: write({ resource: 'fluentpvcs', namespace: '', name: PLACE }),
    isOwn: true,
  },
  'what was rescued from it': { write: elsewhere(`${PLACE}-x-y`), isOwn: true },
  'nothing that was rescued from others': { write: elsewhere(`${PLACE}2-x-y`), isOwn: false },
  'Events on its Namespace': {
    write: event({ kind: 'Namespace', namespace: '', name: PLACE }),
    isOwn: true,
  },
  'Events in its namespace': { write: event({ namespace: PLACE, name: 'app' }), isOwn: true },
  'no Events on others': { write: event({ namespace: '', name: 'place-12' }), isOwn: false },
};

describe('to a place belongs', () => {
  test.each(Object.entries(cases))('%s', (_, { write: one, isOwn }) => {
    expect(ownership(PLACE)(one)).toBe(isOwn);
  });
  test('a volume from when it names something of it', () => {
    const owns = ownership(PLACE);
    const givenBack = volume({ metadata: { labels: null } });
    expect(owns(givenBack)).toBe(false);
    expect(owns(volume({ metadata: { labels: { of: `${PLACE}-x-y` } } }))).toBe(true);
    expect(owns(givenBack)).toBe(true);
  });
});
