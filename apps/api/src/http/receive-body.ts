import { HeadgateError, invalidInput } from '@headgate/core';
import { MAX_BODY_BYTES } from '@headgate/schema';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { createBodyRoom } from './body-room.ts';
import type { AppEnv } from './env.ts';
import { isNestedDeeper } from './json-depth.ts';

/**
 * Far deeper than any body of the contract. Half a million arrays inside each other fit into one, and to build them would
 * keep everybody waiting for a quarter of a second.
 */
const MAX_DEPTH = 10_000;
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

const tooLarge = (): never => {
  throw new HeadgateError(
    'PAYLOAD_TOO_LARGE',
    `The body is larger than ${MAX_BODY_BYTES} bytes. Send a smaller one.`,
  );
};

/**
 * Takes a body in before anything is done, whether it is looked at or not: what breaks off or comes in chunks that cannot
 * be read is refused, and nothing that was refused may have been done. Refused unread where its declared length is too
 * large (node holds a sender to what it declares), counted as it comes where it comes in chunks, and refused when it is
 * not UTF-8 (RFC 8259, section 8.1), which would otherwise change a password without a word, or nested as no body of ours
 * is.
 */
export function receiveBody(): MiddlewareHandler<AppEnv> {
  const countChunks = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  const room = createBodyRoom();
  return async (c, next) => {
    const isChunked = isInChunks(c.req.header('transfer-encoding'));
    // How much comes in chunks is known only when it is there.
    const length = isChunked ? MAX_BODY_BYTES : Number(c.req.header('content-length') ?? 0);
    if (length > MAX_BODY_BYTES) tooLarge();
    if (length === 0) return await next();
    const { kind, id } = c.get('actor');
    const release = room.take(`${kind} ${id}`, length);
    const arrive = async () => {
      if (isChunked) await countChunks(c, async () => {});
      return await c.req.arrayBuffer();
    };
    try {
      const bytes = await room.receive(c.env, arrive);
      if (c.req.header('content-type')?.includes('json') === true) keepText(c, bytes);
      return await next();
    } finally {
      release();
    }
  };
}

/**
 * Where a body that is not of a declared length ends is told by its chunks alone (RFC 9112, section 6.3). Of any other
 * coding the end of the connection would be taken for its end, and what broke off for a whole.
 */
function isInChunks(coding: string | undefined): boolean {
  if (coding === undefined) return false;
  if (coding.toLowerCase() === 'chunked') return true;
  throw invalidInput([{ field: 'Transfer-Encoding', message: 'must be chunked, or left out' }]);
}

/** Leaves the text where the framework looks for it. */
function keepText(c: Context<AppEnv>, bytes: ArrayBuffer): void {
  if (isNestedDeeper(new Uint8Array(bytes), MAX_DEPTH))
    throw invalidInput([{ field: 'body', message: `is nested more than ${MAX_DEPTH} levels deep` }]);
  try {
    c.req.bodyCache = { text: Promise.resolve(UTF_8.decode(bytes)) as never };
  } catch {
    throw invalidInput([{ field: 'body', message: 'must be encoded as UTF-8' }]);
  }
}
