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

export function createUnreadableAnswerer(): UnreadableAnswerer {
  // The last of each connection, and what is to be answered before it where that is still to be done.
  const last = new WeakMap<Socket, ServerResponse>();
  const before = new WeakMap<ServerResponse, ServerResponse>();

  /** The last that is still to be answered and has come whole: what cannot be read stands behind it. */
  function findWhole(socket: Socket): ServerResponse | undefined {
    let response = last.get(socket);
    while (response !== undefined && !response.req.complete) response = before.get(response);
    return response === undefined || response.closed ? undefined : response;
  }

  return {
    note: (response) => {
      const { socket } = response.req;
      const previous = last.get(socket);
      if (previous !== undefined && !previous.closed) before.set(response, previous);
      last.set(socket, response);
    },
    answer: (error, socket) => {
      if (!socket.writable || error.code === 'ECONNRESET' || socket.bytesRead === 0) {
        socket.destroy();
        return;
      }
      const whole = findWhole(socket);
      if (whole === undefined) {
        end(error, socket);
        return;
      }
      // Whatever else is sent cannot be read either.
      socket.pause();
      whole.once('close', () => {
        end(error, socket);
        socket.resume();
      });
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
