/** Answers what is no request that the application could be asked, with an envelope like every other error. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HeadgateError } from '@headgate/core';
import { MAX_HEADER_BYTES } from '../limits.ts';
import { envelope } from './errors.ts';

/** Answers a request whose target or Host is of no form that can be read, before it reaches the application. */
export function answerUnaddressed(): Response {
  const { body, requestId } = unreadable(
    'The Host header or the target of the request is missing, malformed or there twice.',
  );
  const headers = { 'Content-Type': 'application/json', 'X-Request-Id': requestId };
  return new Response(body, { status: 400, headers });
}

/** Whether there is more than one Host (RFC 9112, section 3.2): node drops the second, which a proxy may have gone by. */
export function namesTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') count += 1;
  return count > 1;
}

/** Answers what cannot be read, in its turn. */
export interface UnreadableAnswerer {
  /** A request is to be answered on its connection. */
  readonly note: (response: ServerResponse) => void;
  /**
   * Answers what is not HTTP, or headers that are too large, and closes the connection. What was asked before on the
   * same connection is answered first: this answer would be taken for one to that. Who has sent nothing at all is owed
   * no answer.
   */
  readonly answer: (error: NodeJS.ErrnoException, socket: Socket) => void;
}

/** How long whoever sent what cannot be read has to take the answer. Its request, if it is one, is given up then. */
const LINGER_MS = 2_000;

export function createUnreadableAnswerer(): UnreadableAnswerer {
  // Of each connection, in the order in which they are answered (a Set keeps that in which it was filled).
  const pending = new WeakMap<Socket, Set<ServerResponse>>();
  const over = new WeakSet<Socket>();

  const pendingOf = (socket: Socket): Set<ServerResponse> => {
    const responses = pending.get(socket) ?? new Set();
    pending.set(socket, responses);
    return responses;
  };

  /** Answers what has come last, unless that has an answer: of a request it may be the body that cannot be read. */
  function close(error: NodeJS.ErrnoException, socket: Socket): void {
    const isAnswered = [...pendingOf(socket)].some(({ headersSent }) => headersSent);
    if (!isAnswered) end(error, socket);
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }

  return {
    note: (response) => {
      const responses = pendingOf(response.req.socket);
      responses.add(response);
      response.once('close', () => responses.delete(response));
    },
    answer: (error, socket) => {
      // Whatever else is sent over it cannot be read either.
      if (over.has(socket)) return;
      over.add(socket);
      if (!socket.writable || error.code === 'ECONNRESET' || socket.bytesRead === 0) {
        socket.destroy();
        return;
      }
      // What came whole is answered first.
      const whole = [...pendingOf(socket)].findLast(({ req }) => req.complete);
      if (whole === undefined) close(error, socket);
      else whole.once('close', () => close(error, socket));
    },
  };
}

function end(error: NodeJS.ErrnoException, socket: Socket): void {
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
