import type { FastifyInstance } from 'fastify';
import { messageOf, UserError } from './errors.ts';

/**
 * Listens until the server is closed.
 *
 * @param flag the flag that chooses the port, for the message
 * @throws UserError PortInUse, AddressUnusable
 */
export async function listen(
  server: FastifyInstance,
  address: { host: string; port: number },
  flag: string,
): Promise<void> {
  try {
    await server.listen(address);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const where = `${address.host}:${address.port}`;
    if (code === 'EADDRINUSE') {
      throw new UserError(
        `cannot listen on ${where}: another program does; end it or choose another ${flag}`,
        'PortInUse',
      );
    }
    throw new UserError(`cannot listen on ${where}: ${messageOf(error)}`, 'AddressUnusable');
  }
}
