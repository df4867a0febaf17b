import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TestProxy {
  readonly host: string;
  readonly port: number;
  /** From now on it takes connections, and lets nothing through. */
  readonly silence: () => void;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a way to a real server that is slow to answer: each piece of an answer comes so much later, and none any more
 * when it is silenced.
 */
export async function startProxy(
  { host, port }: { readonly host: string; readonly port: number },
  { delayMs }: { readonly delayMs: number },
): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer((client) => {
    const upstream = connect(port, host);
    client.on('data', (chunk: Buffer) => void (isSilent || upstream.write(chunk)));
    upstream.on('data', (chunk: Buffer) => {
      setTimeout(() => void (isSilent || client.write(chunk)), delayMs);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    silence: () => {
      isSilent = true;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
