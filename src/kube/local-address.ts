import { once } from 'node:events';
import { connect } from 'node:net';
import { ApiUnreachable } from './api-error.ts';

/** The address of this machine that the API server sees when we talk to it. */
export async function localAddress(server: string, signal: AbortSignal): Promise<string> {
  const { hostname, port, protocol } = new URL(server);
  const defaultPort = protocol === 'https:' ? 443 : 80;
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort : Number(port),
  });
  try {
    await once(socket, 'connect', { signal });
    return socket.localAddress ?? '127.0.0.1';
  } catch (error) {
    throw new ApiUnreachable(`connect to ${server}`, error);
  } finally {
    socket.destroy();
  }
}
