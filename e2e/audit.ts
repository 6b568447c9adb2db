import { open } from 'node:fs/promises';
import { readWrite, type ApiWrite } from '../test/crash/api-write.ts';

/** A request as the API server's audit log has it. */
export interface AuditedRequest {
  /** `update leases`, `watch pods`. */
  readonly what: string;
  readonly userAgent: string;
  /** What it wrote, if it did. */
  readonly write?: ApiWrite;
}

interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly userAgent?: string;
  readonly requestURI: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
  /** Only of writes: see the audit policy. */
  readonly requestObject?: unknown;
}

/** Of the verbs that write: their methods in HTTP. */
const METHODS: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};
const REFUSED = 400;

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
          .map(requestOf);
      } finally {
        await handle.close();
      }
    },
  };
}

function requestOf(event: AuditEvent): AuditedRequest {
  const { verb, userAgent = '', objectRef, requestURI, responseStatus, requestObject } = event;
  const names = [verb, objectRef?.resource ?? requestURI, objectRef?.subresource ?? ''];
  const what = names.join(' ').trimEnd();
  const method = (responseStatus?.code ?? 0) < REFUSED ? METHODS[verb] : undefined;
  const body = requestObject === undefined ? '' : JSON.stringify(requestObject);
  const write = method === undefined ? undefined : readWrite(method, requestURI, body);
  return { what, userAgent, ...(write === undefined ? {} : { write }) };
}
