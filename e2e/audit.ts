import { open } from 'node:fs/promises';

/** A request as the API server's audit log has it. */
export interface AuditedRequest {
  /** `update leases`, `watch pods`. */
  readonly what: string;
  readonly userAgent: string;
}

interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly userAgent?: string;
  readonly requestURI: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
}

/** A place in the log, and what came since the place before. */
export interface AuditLog {
  /** Requests since it was asked last, each once. */
  next(): Promise<AuditedRequest[]>;
}

/** Reads an audit log from where it ends now. */
export async function followAudit(file: string): Promise<AuditLog> {
  const log = await open(file);
  let offset = (await log.stat()).size;
  await log.close();
  /** A watch has an entry at its beginning and one at its end. */
  const known = new Set<string>();
  return {
    async next() {
      const handle = await open(file);
      try {
        const { size } = await handle.stat();
        const { buffer } = await handle.read(Buffer.alloc(size - offset), 0, size - offset, offset);
        // The last line may still be written.
        const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1);
        offset += whole.length;
        return whole
          .toString()
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as AuditEvent)
          .filter(({ auditID }) => !known.has(auditID) && known.add(auditID))
          .map(({ verb, userAgent = '', objectRef, requestURI }) => ({
            what: [verb, objectRef?.resource ?? requestURI, objectRef?.subresource ?? '']
              .join(' ')
              .trimEnd(),
            userAgent,
          }));
      } finally {
        await handle.close();
      }
    },
  };
}
