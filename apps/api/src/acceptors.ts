import type { Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { listenAt } from './listen-at.ts';

/**
 * Sockets that accept connections for one server. Each accepts one connection a turn of the event loop, since libuv 1.45
 * does no more; and the more there is to do, the longer a turn takes. With one socket a busy instance would accept some
 * hundred connections a second, and a supervisor's would wait behind those of a flood.
 */
const ACCEPTORS = 64;

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
  const claims = reusePort && port !== 0 ? [await claimPort({ host, port })] : [];
  const others = Array.from({ length: reusePort ? ACCEPTORS - 1 : 0 }, () =>
    // Node's way of handing a connection to a server of HTTP, with the options that one gives its own connections.
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void server.emit('connection', socket)),
  );
  const all: readonly Server[] = [...claims, server, ...others];
  try {
    const url = await listenAt(server, { host, port, backlog, reusePort });
    const shared = { host, port: (server.address() as AddressInfo).port, backlog, reusePort };
    for (const other of others) await listenAt(other, shared);
    return { url, close: async () => await closeAll(all) };
  } catch (error) {
    await closeAll(all);
    throw error;
  }
}

/**
 * Claims a port that could be shared. Whoever listens there already is found; and an instance that starts at the same host
 * in the same moment, by a name that one socket has at a time, in the same network as the port (unix(7), abstract
 * sockets).
 *
 * @returns what holds the claim until it is closed
 */
async function claimPort({ host, port }: Pick<AcceptOptions, 'host' | 'port'>): Promise<Server> {
  const claim = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    claim.once('error', reject).listen(`\0headgate ${host} ${port}`, resolve);
  });
  const probe = createServer();
  try {
    await listenAt(probe, { host, port });
  } catch (error) {
    await closeAll([claim]);
    throw error;
  }
  await closeAll([probe]);
  return claim;
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(async (server) => await new Promise<void>((resolve) => void server.close(() => resolve()))),
  );
}
