import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Logger } from 'pino';
import { accept, type Acceptors } from './acceptors.ts';
import { createAdmission, type AdmissionState, type Place } from './http/admission.ts';
import { openGate } from './http/gate.ts';
import type { Sender } from './http/senders.ts';
import { answerUnaddressed, createUnreadableAnswerer, namesTwoHosts } from './http/unreadable.ts';
import {
  DRAIN_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  MAX_CONNECTIONS,
  MAX_HEADER_BYTES,
  MAX_PENDING_CONNECTIONS,
  MAX_REQUESTS_UNDER_WAY,
  MAX_REQUESTS_WAITING,
  PATIENCE_MS,
  RECEIVE_TIMEOUT_MS,
  SILENCE_TIMEOUT_MS,
  TIMEOUTS_CHECK_INTERVAL_MS,
} from './limits.ts';

type Bindings = HttpBindings & { readonly place?: Place | undefined };

interface ListenOptions {
  readonly fetch: (request: Request, bindings: Bindings) => Response | Promise<Response>;
  readonly host: string;
  readonly port: number;
  /** How many requests are worked on at once. */
  readonly places: number;
  /** Whom a request counts for, when there are more. */
  readonly senderOf: (request: IncomingMessage) => Sender;
  /** Whose pages may read answers, those of refusals among them. */
  readonly corsOrigins: readonly string[];
  readonly log: Logger;
  /** How long a request waits for a place. */
  readonly patienceMs?: number;
  /** How long a connection is kept over which nothing moves. */
  readonly silenceMs?: number;
}

export interface RunningServer {
  readonly url: string;
  readonly admission: () => AdmissionState;
  /**
   * Takes no new connections, lets requests under way finish within the drain time, also those whose callers are gone,
   * and resolves when all is closed.
   */
  readonly drain: () => Promise<void>;
}

/** Listens, and rejects when the address cannot be had. */
export async function listen(options: ListenOptions): Promise<RunningServer> {
  const { host, port, places, senderOf, corsOrigins, log } = options;
  const { patienceMs = PATIENCE_MS, silenceMs = SILENCE_TIMEOUT_MS } = options;
  const { answer, underWay } = createAnswerer(options.fetch);
  const admission = createAdmission({
    ...{ places, patienceMs, maxUnderWay: MAX_REQUESTS_UNDER_WAY, maxWaiting: MAX_REQUESTS_WAITING },
    now: () => performance.now(),
  });
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: RECEIVE_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUTS_CHECK_INTERVAL_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Refused by the application, with an envelope.
    requireHostHeader: false,
  });
  server.timeout = silenceMs;
  // Node would pass over headers from the thousandth on, those among them by which it reads the body; bytes bound them.
  server.maxHeadersCount = 0;
  const unreadable = createUnreadableAnswerer();
  const pass = openGate({
    ...{ admission, senderOf, answer, corsOrigins, log },
    isDraining: () => !server.listening,
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    unreadable.note(response);
    pass(request, response);
  };
  server.on('request', onRequest);
  // An expectation that is not known may be passed over (RFC 9110, section 10.1.1); node would answer 417, without a body.
  server.on('checkExpectation', onRequest);
  server.on('clientError', unreadable.answer);
  boundConnections(server);
  const acceptors = await accept(server, { host, port, backlog: MAX_PENDING_CONNECTIONS });
  return {
    url: acceptors.url,
    admission: admission.state,
    drain: async () => await drain({ server, acceptors, underWay }),
  };
}

/** Hands requests to the application, each with its place, which is free as soon as it is known what to answer. */
function createAnswerer(fetch: ListenOptions['fetch']) {
  const places = new WeakMap<IncomingMessage, Place>();
  const underWay = new Set<Promise<Response>>();
  const counted = async (request: Request, { incoming, outgoing }: HttpBindings): Promise<Response> => {
    if (namesTwoHosts(incoming)) return answerUnaddressed();
    const place = places.get(incoming);
    const response = Promise.resolve(fetch(request, { incoming, outgoing, place }));
    underWay.add(response);
    return await response.finally(() => {
      underWay.delete(response);
      place?.release();
    });
  };
  const listener = getRequestListener(counted as never, { errorHandler: answerUnaddressed });
  const answer = async (request: IncomingMessage, response: ServerResponse, place?: Place): Promise<void> => {
    if (place !== undefined) places.set(request, place);
    await listener(request, response);
  };
  return { answer, underWay };
}

/** How often connections that nobody uses are looked for at most, and how long it takes until those found are gone. */
const SWEEP_INTERVAL_MS = 100;
const SWEEP_MS = 10;

/** When there are too many connections those go that nobody uses: whoever opens them and waits keeps nobody else out. */
function boundConnections(server: Server): void {
  let [open, sweptAt] = [0, -Infinity];
  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open <= MAX_CONNECTIONS) return;
    if (performance.now() - sweptAt > SWEEP_INTERVAL_MS) {
      sweptAt = performance.now();
      server.closeIdleConnections();
    }
    setTimeout(() => {
      if (open > MAX_CONNECTIONS) socket.destroy();
    }, SWEEP_MS).unref();
  });
}

interface Draining {
  readonly server: Server;
  readonly acceptors: Acceptors;
  readonly underWay: ReadonlySet<Promise<Response>>;
}

async function drain({ server, acceptors, underWay }: Draining): Promise<void> {
  const closed = acceptors.close();
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
