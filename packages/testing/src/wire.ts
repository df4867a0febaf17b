/** A wire to a database that can be broken in the ways in which wires break. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** As it should be; nobody listens; someone listens and hangs up; someone listens and nothing comes through. */
export type WireState = 'well' | 'refusing' | 'hanging up' | 'silent';

export interface Wire {
  /** The URL of the database at this end of the wire. */
  readonly url: string;
  readonly set: (state: WireState) => Promise<void>;
  /** Each piece of what the database says comes so much later from now on; 0 for at once. */
  readonly delay: (ms: number) => void;
  /** Hangs up on one connection, the oldest. */
  readonly cutOne: () => void;
  readonly close: () => Promise<void>;
}

/** Lays a wire to this database. */
export async function layWire(databaseUrl: string): Promise<Wire> {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  let state: WireState = 'well';
  let delayMs = 0;

  const server = createServer((near) => {
    keep(near);
    if (state === 'hanging up') near.destroy();
    if (state !== 'well') return;
    const far = keep(connect(Number(target.port), target.hostname));
    pass(near, far, () => 0);
    pass(far, near, () => delayMs);
  });

  function keep(socket: Socket): Socket {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    return socket;
  }

  function pass(from: Socket, to: Socket, lateMs: () => number): void {
    const hand = (chunk: Buffer) => void (state === 'well' && to.write(chunk));
    // What comes after a piece that is late comes after it, however little it is late itself.
    let last = Promise.resolve();
    let late = 0;
    const handLater = async (before: Promise<void>, chunk: Buffer, ms: number) => {
      await Promise.all([before, setTimeout(ms)]);
      hand(chunk);
      late -= 1;
    };
    from.on('data', (chunk: Buffer) => {
      const ms = lateMs();
      if (ms === 0 && late === 0) return hand(chunk);
      late += 1;
      last = handLater(last, chunk, ms);
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
    delay: (ms) => {
      delayMs = ms;
    },
    cutOne: () => {
      const [oldest] = open;
      oldest?.destroy();
    },
    close: async () => {
      hangUp();
      if (server.listening) await stopListening();
    },
  };
}
