import { describe, expect, test } from '@jest/globals';
import { excerpt } from '../../../src/core/excerpt.ts';

describe('an excerpt', () => {
  interface Case {
    text: string;
    maxBytes: number;
    is: string;
  }
  const cases: Record<string, Case> = {
    'of what is short enough is all of it': { text: 'four', maxBytes: 4, is: 'four' },
    'of nothing is nothing': { text: '', maxBytes: 0, is: '' },
    'says that there was more': { text: 'too long', maxBytes: 7, is: 'too …' },
    'counts bytes, not characters': { text: 'ログログ', maxBytes: 12, is: 'ログログ' },
    'cuts no character in two': { text: 'ログログ', maxBytes: 11, is: 'ログ…' },
    'cuts no emoji in two': { text: '📦📦📦', maxBytes: 9, is: '📦…' },
  };
  test.each(Object.entries(cases))('%s', (_, { text, maxBytes, is }) => {
    expect(excerpt(text, maxBytes)).toBe(is);
    expect(Buffer.byteLength(excerpt(text, maxBytes))).toBeLessThanOrEqual(maxBytes);
  });
  test('of a long text of wide characters is as long as it may be', () => {
    const bytes = Buffer.byteLength(excerpt('失敗'.repeat(1000), 1024));
    expect(bytes).toBeGreaterThan(1020);
    expect(bytes).toBeLessThanOrEqual(1024);
  });
});
