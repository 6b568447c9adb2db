import { describe, expect, it } from '@jest/globals';
import { parseImageName } from '../../../../e2e/cluster/images.ts';

describe('parseImageName', () => {
  it.each([
    ['busybox', 'library/busybox', 'latest'],
    ['busybox:1.36', 'library/busybox', '1.36'],
    ['owner/name', 'owner/name', 'latest'],
    ['docker.io/library/pause:embedded', 'library/pause', 'embedded'],
    ['docker.io/busybox', 'library/busybox', 'latest'],
    ['ghcr.io/owner/name:v1', 'owner/name', 'v1'],
    ['localhost:5000/name:tag', 'name', 'tag'],
    ['registry:5000/a/b', 'a/b', 'latest'],
  ])('%s', (name, repository, tag) => {
    expect(parseImageName(name)).toEqual({ repository, tag });
  });

  it.each(['', 'UPPER', 'a b', 'ghcr.io/'])('refuses "%s"', (name) => {
    expect(() => parseImageName(name)).toThrow('is not the name of an image');
  });
});
