/** Logins at servers that a test has say what it likes. */
import type { Socket } from 'node:net';
import { startFakeServer, type FakeServer } from '@headgate/testing/upstreams';
import { afterEach } from 'vitest';
import type { Target } from '../src/index.ts';
import type { ConnectOptions } from '../src/connection.ts';
import { afterBeginning } from './wire-fakes.ts';
import { tryToConnect, type Outcome } from './wire-support.ts';

export type Behaviour = (socket: Socket) => void | Promise<void>;

/** No server of a test is told it but by the methods that tell it. */
export const PASSWORD = 'correct horse battery';

const servers: FakeServer[] = [];

/** What was started by the test is stopped behind it. */
export function stopsServers(): void {
  afterEach(async () => {
    await Promise.all(servers.splice(0).map(async (server) => await server.stop()));
  });
}

/** Starts a server, and says how to log in there. */
export async function targetOf(behaviour: Behaviour, over: Partial<Target> = {}): Promise<Target> {
  const server = await startFakeServer(behaviour);
  servers.push(server);
  const { host, port } = server;
  const login = { database: 'app', username: 'app', password: PASSWORD };
  return { host, port, ...login, sslMode: 'disable', ...over };
}

/** Starts a server, and says how a login there goes. */
export async function outcomeOf(
  behaviour: Behaviour,
  over: Partial<Target> = {},
  options: Partial<ConnectOptions> = {},
): Promise<Outcome> {
  return await tryToConnect(await targetOf(behaviour, over), options);
}

/** How much the servers of this test wrote. */
export function bytesWritten(): number {
  return servers.reduce((sum, server) => sum + server.bytesWritten(), 0);
}

/** Says the same to everybody, as soon as something is heard. */
export function says(answer: Buffer | string): Behaviour {
  return (socket) => void socket.once('data', () => socket.write(answer));
}

/** Says it in answer to the startup packet. */
export function saysAtLogin(...messages: readonly Buffer[]): Behaviour {
  return afterBeginning((conversation) => conversation.say(...messages));
}
