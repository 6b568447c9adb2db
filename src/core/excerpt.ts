/** Says that there was more. */
const CUT = '…';

/**
 * The text, or its beginning where it has more bytes than that in UTF-8, the measure of the API server.
 * Other people's words go through here before they stand in an Event or a condition: both are refused
 * where they are too long, and what people are to do stands behind those words.
 */
export function excerpt(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const room = Math.max(maxBytes - Buffer.byteLength(CUT), 0);
  // As of a stream: the bytes of a character that is cut through wait for their rest.
  return new TextDecoder().decode(Buffer.from(text).subarray(0, room), { stream: true }) + CUT;
}
