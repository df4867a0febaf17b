/** A wire to a database that a test can break in the ways in which wires break. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** As it should be; nobody listens; someone listens and hangs up; someone listens and nothing comes through. */
type WireState = 'well' | 'refusing' | 'hanging up' | 'silent';

export interface Wire {
  /** The URL of the database at this end of the wire. */
  readonly url: string;
  readonly set: (state: WireState) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Lays a wire to this database. */
export async function layWire(databaseUrl: string): Promise<Wire> {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  let state: WireState = 'well';

  const server = createServer((near) => {
    keep(near);
    if (state === 'hanging up') near.destroy();
    if (state !== 'well') return;
    const far = keep(connect(Number(target.port), target.hostname));
    pass(near, far);
    pass(far, near);
  });

  function keep(socket: Socket): Socket {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    return socket;
  }

  function pass(from: Socket, to: Socket): void {
    from.on('data', (chunk) => {
      if (state === 'well') to.write(chunk);
    });
    from.on('close', () => to.destroy());
  }

  const listen = async (port: number) =>
    await new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
  const stopListening = async () => await new Promise((resolve) => server.close(resolve));
  const hangUp = () => {
    for (const socket of open) socket.destroy();
  };

  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    set: async (next) => {
      state = next;
      if (next !== 'silent') hangUp();
      if (next === 'refusing' && server.listening) await stopListening();
      if (next !== 'refusing' && !server.listening) await listen(port);
    },
    close: async () => {
      hangUp();
      if (server.listening) await stopListening();
    },
  };
}
