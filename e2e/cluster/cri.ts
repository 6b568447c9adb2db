import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { NotReady } from './readiness.ts';

/** One message without a field: not compressed, zero bytes long. */
const EMPTY_MESSAGE = Buffer.alloc(5);
const OK = '0';

/**
 * Content once a container runtime answers kubelet's first question, its version. It listens earlier, and
 * refuses while it looks for the containers of a former run: a kubelet that asks then ends.
 *
 * @param file its socket
 */
export function criProbe(file: string): () => Promise<NotReady> {
  return () =>
    new Promise((resolve) => {
      const session = connectHttp2('http://localhost', { createConnection: () => connect(file) });
      const end = (reason: NotReady): void => {
        session.destroy();
        resolve(reason);
      };
      session.on('error', (error) => {
        end(error.message);
      });
      const call = session.request({
        ':method': 'POST',
        ':path': '/runtime.v1.RuntimeService/Version',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let answer: Record<string, unknown> = {};
      // A refusal has its status in the headers, an answer behind it.
      call.on('response', (headers) => (answer = { ...headers }));
      call.on('trailers', (trailers) => (answer = { ...answer, ...trailers }));
      call.on('error', (error) => {
        end(error.message);
      });
      call.on('end', () => {
        const { 'grpc-status': status, 'grpc-message': message } = answer;
        end(status === OK ? undefined : `${file}: ${String(message ?? status)}`);
      });
      call.resume();
      call.end(EMPTY_MESSAGE);
    });
}
