import { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import { openService, type Service } from './service.ts';

/** How long running requests may take to finish once the process is asked to stop. */
const DRAIN_MS = 10_000;
const IDLE_SWEEP_MS = 50;
const CONNECTIONS_MAX = 1_000;
/** Slow senders are cut off. */
const SERVER_TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 5_000 };

/** A service that accepts requests. */
export interface RunningServer {
  /** Where it listens; behind a proxy this is not the public URL. */
  readonly url: string;
  /** Stops accepting, lets running requests finish within 10 s, closes the pool. */
  readonly drain: () => Promise<void>;
}

/** Opens the service and listens. */
export async function startServer(config: Config, logger: Logger): Promise<RunningServer> {
  const service = await openService(config, logger);
  const server = createAdaptorServer({ fetch: service.app.fetch, serverOptions: SERVER_TIMEOUTS });
  if (!(server instanceof Server)) throw new Error('Expected a plain HTTP server.');
  server.maxConnections = CONNECTIONS_MAX;
  try {
    const url = await listen(server, config);
    return { url, drain: async () => await closeServer(server, service) };
  } catch (error) {
    await service.close();
    throw error;
  }
}

async function listen(server: Server, config: Config): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(config.port, config.host, resolve);
  await promise;
  server.off('error', reject);
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
}

async function closeServer(server: Server, service: Service): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // Connections that are kept alive turn idle one by one as their requests finish.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await promise;
  clearInterval(sweep);
  clearTimeout(deadline);
  await service.close();
}
