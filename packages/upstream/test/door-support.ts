import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { UpstreamError, type Step } from '../src/error.ts';

/** A signal that nobody gives. */
export const NEVER = new AbortController().signal;

/** The error of something that must fail at a step on the way to a server. */
export async function failureOf(step: Step, work: () => unknown): Promise<UpstreamError> {
  const error: unknown = await new Promise((resolve, reject) => {
    Promise.resolve()
      .then(work)
      .then(() => reject(new Error('it went well')), resolve);
  });
  if (error instanceof UpstreamError && error.step === step) return error;
  throw error;
}

/** How many sockets this process has open, of whatever kind and whoever made them (proc(5)). */
export function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:');
    } catch {
      // The one that the folder was read by is gone.
      return false;
    }
  }).length;
}

/** A server that takes connections, and knows how many there were and which are open. */
export interface Listener {
  readonly port: number;
  readonly open: ReadonlySet<Socket>;
  taken(): number;
  /** Does something with each connection from now on. */
  onConnection(serve: (socket: Socket) => void): void;
  close(): Promise<void>;
}

/** Listens on an address, on any port unless one is given. */
export async function listenOn(address: string, port = 0): Promise<Listener> {
  const open = new Set<Socket>();
  let taken = 0;
  const server: Server = createServer((socket) => {
    taken += 1;
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.resume();
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    open,
    taken: () => taken,
    onConnection: (serve) => void server.on('connection', serve),
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const MAX_ATTEMPTS = 20;

/** Listens on several addresses, on one port. */
export async function listenOnAll(...addresses: string[]): Promise<Listener[]> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const [first = '', ...others] = addresses;
    const listeners = [await listenOn(first)];
    try {
      for (const other of others) listeners.push(await listenOn(other, listeners[0]?.port));
      return listeners;
    } catch {
      for (const listener of listeners) await listener.close();
    }
  }
  throw new Error('no port is free on all addresses');
}

/** Listens, and then does nothing ever again. */
const NEVER_ACCEPTS = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: process.argv[1], backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** One more than the backlog of a listener (listen(2)) wait to be accepted; whoever comes then gets no answer. */
const QUEUE = 2;

/** A port of an address on which whatever is sent is dropped, as by a firewall. */
export async function startBlackhole(address: string): Promise<{ port: number; close(): void }> {
  const child = spawn(process.execPath, ['-e', NEVER_ACCEPTS, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(chunk.toString());
  const waiting = Array.from({ length: QUEUE }, () => connect(port, address).on('error', () => {}));
  await Promise.all(waiting.map(async (socket) => await once(socket, 'connect')));
  return {
    port,
    close: () => {
      for (const socket of waiting) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}
