import { describe, expect, it } from '@jest/globals';
import { privateMountsScript } from '../../../../e2e/cluster/private-mounts.ts';

describe('privateMountsScript', () => {
  it('covers a folder by another', () => {
    expect(privateMountsScript([{ target: '/run', backing: '/state/run' }], ['/state'])).toBe(
      `set -e
mkdir -p '/state/run'
mount --rbind '/state/run' '/run'`,
    );
  });

  it('keeps what lies below the covered folder, each thing once', () => {
    const keep = ['/tmp/state', '/tmp/state/inner', '/tmp/state', '/tmpfiles'];
    const script = privateMountsScript([{ target: '/tmp', backing: '/tmp/state/tmp' }], keep);
    expect(script).toBe(
      `set -e
mkdir -p '/tmp/state/tmp'
mkdir -p '/tmp/state/tmp/state'
mount --bind '/tmp/state' '/tmp/state/tmp/state'
mount --rbind '/tmp/state/tmp' '/tmp'`,
    );
  });

  it('quotes for the shell', () => {
    expect(privateMountsScript([{ target: "/it's", backing: '/b' }], [])).toContain(
      `mount --rbind '/b' '/it'\\''s'`,
    );
  });
});
