import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { HeadgateError } from '@headgate/core';
import { getRequestListener } from '@hono/node-server';
import { envelope } from './http/errors.ts';
import {
  DRAIN_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  MAX_HEADER_BYTES,
  RECEIVE_TIMEOUT_MS,
} from './limits.ts';

interface ListenOptions {
  readonly fetch: (request: Request, bindings: never) => Response | Promise<Response>;
  readonly host: string;
  readonly port: number;
}

export interface RunningServer {
  readonly url: string;
  /**
   * Takes no new connections, lets requests under way finish within the drain time, also those whose callers are gone,
   * and resolves when all is closed.
   */
  readonly drain: () => Promise<void>;
}

/** Listens, and rejects when the address cannot be had. */
export async function listen({ fetch, host, port }: ListenOptions): Promise<RunningServer> {
  const underWay = new Set<Promise<Response>>();
  const counted = async (request: Request, bindings: never): Promise<Response> => {
    const response = Promise.resolve(fetch(request, bindings));
    underWay.add(response);
    return await response.finally(() => underWay.delete(response));
  };
  const answer = getRequestListener(counted as never, { errorHandler: answerUnaddressed });
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: RECEIVE_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // Refused below, with an envelope.
      requireHostHeader: false,
    },
    (request, response) => void answer(request, response),
  );
  server.on('clientError', answerUnreadable);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    drain: async () => await drain(server, underWay),
  };
}

async function drain(server: Server, underWay: ReadonlySet<Promise<Response>>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const isOver = Promise.withResolvers<void>();
  const deadline = setTimeout(() => {
    server.closeAllConnections();
    isOver.resolve();
  }, DRAIN_TIMEOUT_MS);
  await closed;
  // What was asked for by callers who are gone is brought to an end too: it stands on what is closed next.
  await Promise.race([Promise.allSettled(underWay), isOver.promise]);
  clearTimeout(deadline);
}

/** Answers a request whose target or Host is of no form that can be read, before it reaches the application. */
function answerUnaddressed(): Response {
  const { body, requestId } = unreadable(
    'The Host header or the target of the request is missing or malformed.',
  );
  const headers = { 'Content-Type': 'application/json', 'X-Request-Id': requestId };
  return new Response(body, { status: 400, headers });
}

/** Answers what is not HTTP, or headers that are too large, with an envelope like every other error. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const message = isTooLarge
    ? `The request's headers are larger than ${MAX_HEADER_BYTES} bytes. Send fewer or shorter ones.`
    : 'The request is not HTTP that can be read, or it was not sent in time.';
  const { body, requestId } = unreadable(message);
  socket.end(
    [
      'HTTP/1.1 400 Bad Request',
      'Content-Type: application/json',
      `X-Request-Id: ${requestId}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function unreadable(message: string): { body: string; requestId: string } {
  const requestId = crypto.randomUUID();
  return {
    body: JSON.stringify(envelope(new HeadgateError('INVALID_INPUT', message), requestId)),
    requestId,
  };
}
