/** What answers at a customer's address and is no PostgreSQL server, or a broken one, or one that means harm. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** What it does with a connection. */
export type Behaviour = (socket: Socket) => void | Promise<void>;

export interface FakeServer {
  readonly host: string;
  readonly port: number;
  /** How many connections were taken in all, and how many are open. */
  readonly accepted: () => number;
  readonly open: () => number;
  /** How much was written in all, what still waits here for its reader included. */
  readonly bytesWritten: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts a server on a free port of the loopback address. */
export async function startFakeServer(behaviour: Behaviour): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let bytesOfClosed = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    // The other side hangs up when it likes: that is what these are for.
    socket.on('error', () => {});
    socket.on('close', () => {
      bytesOfClosed += socket.bytesWritten;
      sockets.delete(socket);
    });
    void behaviour(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    open: () => sockets.size,
    bytesWritten: () => Array.from(sockets).reduce((sum, socket) => sum + socket.bytesWritten, bytesOfClosed),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
