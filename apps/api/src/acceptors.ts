import type { Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { listenAt } from './listen-at.ts';

/**
 * Sockets that accept connections for one server. Each accepts one connection a turn of the event loop, since libuv 1.45
 * does no more; and the more there is to do, the longer a turn takes. With one socket a busy instance would accept some
 * hundred connections a second, and a supervisor's would wait behind those of a flood.
 */
const ACCEPTORS = 16;

interface AcceptOptions {
  readonly host: string;
  readonly port: number;
  /** How many connections may have been made that were not accepted yet, at each socket. */
  readonly backlog: number;
}

export interface Acceptors {
  readonly url: string;
  /** Accepts no more. Resolves when the last connection has ended. */
  readonly close: () => Promise<void>;
}

/**
 * Accepts connections for a server at an address, and rejects when the address cannot be had. The sockets share a port
 * as SO_REUSEPORT of Linux allows (socket(7)); where it is another system, there is one of them.
 */
export async function accept(server: HttpServer, { host, port, backlog }: AcceptOptions): Promise<Acceptors> {
  const reusePort = process.platform === 'linux';
  // A port that another instance of ours shares in the same way is taken, and is to be found so.
  if (reusePort && port !== 0) await listenOnce({ host, port });
  const url = await listenAt(server, { host, port, backlog, reusePort });
  const shared = { host, port: (server.address() as AddressInfo).port, backlog, reusePort };
  const others = Array.from({ length: reusePort ? ACCEPTORS - 1 : 0 }, () =>
    // Node's way of handing a connection to a server of HTTP, with the options that one gives its own connections.
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void server.emit('connection', socket)),
  );
  const all: readonly Server[] = [server, ...others];
  try {
    for (const other of others) await listenAt(other, shared);
  } catch (error) {
    await closeAll(all);
    throw error;
  }
  return { url, close: async () => await closeAll(all) };
}

async function listenOnce(address: { readonly host: string; readonly port: number }): Promise<void> {
  const server = createServer();
  await listenAt(server, address);
  await closeAll([server]);
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(async (server) => await new Promise<void>((resolve) => void server.close(() => resolve()))),
  );
}
