import { describe, expect, test } from '@jest/globals';
import { readBody } from '../../../webhook/body.ts';

describe('a body with a limit of 4 bytes', () => {
  const cases: Record<string, { chunks: string[]; bytes: string; cut: boolean }> = {
    'that is empty': { chunks: [], bytes: '', cut: false },
    'that is shorter': { chunks: ['a', 'b'], bytes: 'ab', cut: false },
    'that just fits': { chunks: ['ab', 'cd'], bytes: 'abcd', cut: false },
    'that is longer by one': { chunks: ['abcd', 'e'], bytes: 'abcd', cut: true },
    'that goes on for long': { chunks: ['abcd', 'e', 'fghijk'], bytes: 'abcd', cut: true },
    'that is longer within a chunk': { chunks: ['ab', 'cdef', 'gh'], bytes: 'abcd', cut: true },
  };
  test.each(Object.entries(cases))('%s', async (_, { chunks, bytes, cut }) => {
    let read = 0;
    const stream = async function* (): AsyncGenerator<Buffer> {
      for (const chunk of chunks) {
        read += 1;
        yield await Promise.resolve(Buffer.from(chunk));
      }
    };
    const body = await readBody(stream(), 4);
    expect({ bytes: body.bytes.toString(), cut: body.cut }).toEqual({ bytes, cut });
    // To the end, also of one that is too long: its sender listens only then.
    expect(read).toBe(chunks.length);
  });
});
