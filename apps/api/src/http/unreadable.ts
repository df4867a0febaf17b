/** Answers what is no request that the application could be asked, with an envelope like every other error. */
import type { Socket } from 'node:net';
import { HeadgateError } from '@headgate/core';
import { MAX_HEADER_BYTES } from '../limits.ts';
import { envelope } from './errors.ts';

/** Answers a request whose target or Host is of no form that can be read, before it reaches the application. */
export function answerUnaddressed(): Response {
  const { body, requestId } = unreadable(
    'The Host header or the target of the request is missing or malformed.',
  );
  const headers = { 'Content-Type': 'application/json', 'X-Request-Id': requestId };
  return new Response(body, { status: 400, headers });
}

/** Answers what is not HTTP, or headers that are too large. Who has sent nothing at all is owed no answer. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET' || socket.bytesRead === 0) {
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
