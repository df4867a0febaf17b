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
  /**
   * Every connection that there is falls silent for good, and neither end hears when the other one gives it up: as when
   * a firewall has forgotten them. Those that are made from now on are well.
   *
   * @returns hangs up on the ends that are still there, as the probes of a server would in time
   */
  readonly forget: () => () => void;
  readonly close: () => Promise<void>;
}

/** Lays a wire to this database. */
export async function layWire(databaseUrl: string): Promise<Wire> {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  const forgotten = new WeakSet<Socket>();
  let state: WireState = 'well';
  let delayMs = 0;

  const isHeard = (socket: Socket) => !forgotten.has(socket);
  const isPassing = (socket: Socket) => state === 'well' && isHeard(socket);
  const server = createServer((near) => {
    keep(near);
    if (state === 'hanging up') near.destroy();
    if (state !== 'well') return;
    const far = keep(connect(Number(target.port), target.hostname));
    passOn(near, far, { isPassing, isHeard, lateMs: () => 0 });
    passOn(far, near, { isPassing, isHeard, lateMs: () => delayMs });
  });

  function keep(socket: Socket): Socket {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    return socket;
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
    forget: () => {
      const ends = [...open];
      for (const end of ends) forgotten.add(end);
      return () => {
        for (const end of ends) end.destroy();
      };
    },
    close: async () => {
      hangUp();
      if (server.listening) await stopListening();
    },
  };
}

interface Passing {
  /** Whether what this end says comes through, and whether the other end hears when it hangs up. */
  readonly isPassing: (from: Socket) => boolean;
  readonly isHeard: (from: Socket) => boolean;
  /** How much later what it says comes through. */
  readonly lateMs: () => number;
}

/** Passes on what one end says to the other, in its order: what comes after a piece that is late comes after it. */
function passOn(from: Socket, to: Socket, { isPassing, isHeard, lateMs }: Passing): void {
  const hand = (chunk: Buffer) => void (isPassing(from) && to.write(chunk));
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
  from.on('close', () => void (isHeard(from) && to.destroy()));
}
