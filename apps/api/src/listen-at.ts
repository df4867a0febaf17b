import type { Server } from 'node:net';

interface Address {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** How many connections may have been made that nobody has looked at yet; node's own number unless it is given. */
  readonly backlog?: number;
  /** Whether other sockets of this user may listen there too. */
  readonly reusePort?: boolean;
}

/** Resolves with the URL at which the server listens, and rejects when the address cannot be had. */
export async function listenAt(
  server: Server,
  { host, port, backlog, reusePort = false }: Address,
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const options = { host, port, reusePort, ...(backlog !== undefined && { backlog }) };
    server.once('error', reject).listen(options, resolve);
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`;
}
