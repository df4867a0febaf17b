import { HeadgateError, invalidInput } from '@headgate/core';
import { MAX_BODY_BYTES } from '@headgate/schema';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AppEnv } from './env.ts';

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

const tooLarge = (): never => {
  throw new HeadgateError(
    'PAYLOAD_TOO_LARGE',
    `The body is larger than ${MAX_BODY_BYTES} bytes. Send a smaller one.`,
  );
};

/**
 * Takes a body in: refused unread where its declared length is too large (node holds a sender to what it declares),
 * counted as it comes where it comes in chunks, and refused when it is not UTF-8 (RFC 8259, section 8.1), which would
 * otherwise change a password without a word.
 */
export function receiveBody(): MiddlewareHandler<AppEnv> {
  const countChunks = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  return async (c, next) => {
    const receive = async () => {
      if (c.req.header('content-type')?.includes('json') === true) await decode(c);
      await next();
    };
    if (c.req.header('transfer-encoding') !== undefined) return await countChunks(c, receive);
    if (Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES) tooLarge();
    return await receive();
  };
}

/** Leaves the text where the framework looks for it. */
async function decode(c: Context<AppEnv>): Promise<void> {
  const bytes = await c.req.arrayBuffer();
  try {
    c.req.bodyCache = { text: Promise.resolve(UTF_8.decode(bytes)) as never };
  } catch {
    throw invalidInput([{ field: 'body', message: 'must be encoded as UTF-8' }]);
  }
}
