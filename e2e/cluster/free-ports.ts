import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below those that the kernel takes for outgoing connections (32768 and up): of the latter, one that is
 * free now may be somebody's a moment later.
 */
const RANGE = { from: 20_000, below: 32_000 } as const;
/** So many ports in a row are not taken by accident. */
const TRIES = 50;

/**
 * As many ports on `address` as asked for, free at this moment and different from each other.
 * They are let go before anybody uses them, so a start that finds one taken must be repeated.
 */
export async function freePorts(address: string, count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(address, TRIES)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

function listen(host: string, tries: number): Promise<Server> {
  const port = randomInt(RANGE.from, RANGE.below);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' || tries <= 1) reject(error);
      else listen(host, tries - 1).then(resolve, reject);
    });
    server.listen({ host, port, exclusive: true }, () => {
      resolve(server);
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
