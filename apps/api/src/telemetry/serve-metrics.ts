import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import {
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  RECEIVE_TIMEOUT_MS,
  TIMEOUTS_CHECK_INTERVAL_MS,
} from '../limits.ts';
import { listenAt } from '../listen-at.ts';

/** A few scrapers, and somebody who looks by hand. What comes beyond is closed at once. */
const MAX_CONNECTIONS = 32;
/** A scraper sends a handful of headers. */
const MAX_HEADER_BYTES = 8 * 1024;

interface ServeOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly registry: Registry;
  readonly log: Logger;
}

export interface ServedMetrics {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * Answers `GET /metrics` in Prometheus' text format, and nothing else. It asks for no credentials: whoever can reach the
 * address may read it, which is why it is an address of its own.
 */
export async function serveMetrics({ host, port, registry, log }: ServeOptions): Promise<ServedMetrics> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: RECEIVE_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUTS_CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    (request, response) => void answer(request, response, { registry, log }),
  );
  server.maxConnections = MAX_CONNECTIONS;
  const url = await listenAt(server, { host, port });
  return {
    url,
    stop: async () => {
      const closed = new Promise((resolve) => void server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  { registry, log }: Pick<ServeOptions, 'registry' | 'log'>,
): Promise<void> {
  const [path] = url.split('?', 1);
  if (method !== 'GET' || path !== '/metrics') {
    response
      .writeHead(404, { 'Content-Type': 'text/plain' })
      .end('There is nothing here but GET /metrics.\n');
    return;
  }
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'Content-Type': registry.contentType }).end(text);
  } catch (error) {
    log.error({ err: error }, 'the metrics could not be told');
    response.writeHead(500, { 'Content-Type': 'text/plain' }).end('The metrics could not be told.\n');
  }
}
