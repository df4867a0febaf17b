/** Answers requests that the application is not troubled with, in the same form as it would. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeadgateError } from '@headgate/core';
import { envelope } from './errors.ts';
import { SECURITY_HEADERS } from './headers.ts';
import { requestIdOf } from './request-id.ts';

/** Those who are refused in one moment are not all to come back in one moment. */
const RETRY_AFTER_SECONDS = [1, 2, 3] as const;
const STATUS = 503;
/** When hundreds are to be refused in a turn of the event loop, a supervisor and those who are served wait for so many. */
const REFUSALS_A_TURN = 100;

interface Refusal {
  readonly seconds: string;
  readonly beforeId: string;
  readonly afterId: string;
}

/** The headers that are the same each time, as names and values in turn. */
const COMMON_HEADERS = [...SECURITY_HEADERS].flat();
/** What an envelope says is the same each time but for the request's id, which is put in where this stands. */
const ID_PLACE = 'request-id';
const REFUSALS: readonly Refusal[] = RETRY_AFTER_SECONDS.map((seconds) => {
  const again = `Repeat the request in ${seconds} second${seconds === 1 ? '' : 's'}.`;
  const error = new HeadgateError('UNAVAILABLE', `More is asked than this instance can answer now. ${again}`);
  const [beforeId = '', afterId = ''] = JSON.stringify(envelope(error, ID_PLACE)).split(ID_PLACE);
  return { seconds: String(seconds), beforeId, afterId };
});

interface RefuserOptions {
  /** Whether a connection is not to be used again. */
  readonly isLast: () => boolean;
  /** What pages of an origin need to read the refusal. */
  readonly corsHeaders: (origin: string | undefined) => readonly string[];
}

/**
 * Refuses requests for which there is no room: with 503, and a time to come back that differs from one to the next. Made
 * to cost little, since it is done most when there is the least time.
 */
export function createRefuser({ isLast, corsHeaders }: RefuserOptions) {
  let turn = 0;
  const refuse = (request: IncomingMessage, response: ServerResponse): void => {
    const refusal = REFUSALS[(turn += 1) % REFUSALS.length];
    if (refusal === undefined) return;
    const requestId = requestIdOf(request.headers['x-request-id']);
    const body = `${refusal.beforeId}${requestId}${refusal.afterId}`;
    response.writeHead(STATUS, [
      ...COMMON_HEADERS,
      ...['Content-Type', 'application/json', 'Content-Length', String(body.length)],
      ...['X-Request-Id', requestId, 'Retry-After', refusal.seconds],
      ...corsHeaders(request.headers.origin),
      // What is left unread of a body makes the connection useless for a next request.
      ...(isBodyMissing(request) || isLast() ? ['Connection', 'close'] : []),
    ]);
    response.end(body);
  };
  const waiting: [IncomingMessage, ServerResponse][] = [];
  const refuseSome = (): void => {
    for (const each of waiting.splice(0, REFUSALS_A_TURN)) refuse(...each);
    if (waiting.length > 0) setImmediate(refuseSome);
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    // Not at once, also since a small body has come with the headers and is looked at after them.
    if (waiting.length === 0) setImmediate(refuseSome);
    waiting.push([request, response]);
  };
}

/** Whether there is a body (RFC 9112, section 6) that is not here yet. */
function isBodyMissing({ complete, headers }: IncomingMessage): boolean {
  return (
    !complete && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')
  );
}
