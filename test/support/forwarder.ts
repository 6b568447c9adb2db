import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between the operator and an API server, and may stand in the way. */
export interface Forwarder {
  readonly port: number;
  /** Cuts what is open and takes nothing new: the API server is down. */
  refuse(): void;
  /** Takes everything and hands nothing on: the network has a hole. */
  swallow(): void;
  /** All is well again. */
  forward(): void;
  close(): Promise<void>;
}

export async function startForwarder(target: { host: string; port: number }): Promise<Forwarder> {
  let mode: 'forward' | 'refuse' | 'swallow' = 'forward';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
    socket.on('data', (chunk) => {
      if (mode === 'forward') other.write(chunk);
    });
  };
  const server = createServer((client) => {
    if (mode === 'refuse') {
      client.destroy();
      return;
    }
    const upstream = connect(target);
    keep(client, upstream);
    keep(upstream, client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    refuse() {
      mode = 'refuse';
      cut();
    },
    swallow() {
      mode = 'swallow';
    },
    forward() {
      // What was swallowed is lost: such a connection is of no use any more.
      if (mode === 'swallow') cut();
      mode = 'forward';
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
