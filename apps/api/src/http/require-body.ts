import { invalidInput } from '@headgate/core';
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './env.ts';

/**
 * Refuses a request without the body that its operation needs. The framework takes one that has neither body nor
 * Content-Type for `{}`, so that a change whose body was lost on the way would look as if it had been made.
 */
export const requireBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  const isChunked = c.req.header('transfer-encoding') !== undefined;
  if (!isChunked && Number(c.req.header('content-length') ?? 0) === 0)
    throw invalidInput([{ field: 'body', message: 'is empty; send a JSON object' }]);
  await next();
};
