import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Value of an operator's metric of that FluentPVC; 0 where there is none yet. */
export async function metric(port: number, name: string, fluentPVC: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const lines = (await answer.text()).split('\n');
  const line = lines.find((one) => one.startsWith(`${name}{fluentpvc="${fluentPVC}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}
