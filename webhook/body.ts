/** What came in of a request's body. */
export interface Body {
  bytes: Buffer;
  /** There was more than the limit: `bytes` is only its beginning. */
  cut: boolean;
}

/** Reads a body to its end, and keeps no more of it than the limit, in bytes. */
export async function readBody(stream: AsyncIterable<Buffer>, limit: number): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    // To the end even when it is too long: who is answered while still sending may not listen.
    if (length < limit) chunks.push(chunk.subarray(0, limit - length));
    length += chunk.length;
  }
  return { bytes: Buffer.concat(chunks), cut: length > limit };
}
