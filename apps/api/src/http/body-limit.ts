import { HeadgateError } from '@headgate/core';
import { MAX_BODY_BYTES } from '@headgate/schema';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AppEnv } from './env.ts';

const tooLarge = (): never => {
  throw new HeadgateError(
    'PAYLOAD_TOO_LARGE',
    `The body is larger than ${MAX_BODY_BYTES} bytes. Send a smaller one.`,
  );
};

/**
 * Refuses a body that is too large, unread where its length is declared: node holds a sender to what it declares. A
 * body that comes in chunks is counted as it comes.
 */
export function limitBody(): MiddlewareHandler<AppEnv> {
  const countChunks = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  return async (c, next) => {
    if (c.req.header('transfer-encoding') !== undefined) return await countChunks(c, next);
    if (Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES) tooLarge();
    return await next();
  };
}
