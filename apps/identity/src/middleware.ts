import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { timeout } from 'hono/timeout';
import { ShellError, type ShellEnv } from './errors.ts';
import type { Logger } from './log.ts';

/** No request of this service comes near it. */
const BODY_MAX_BYTES = 64 * 1024;
/** A request waits for the pool, a password hash and a few statements; beyond this the caller should come again. */
const REQUEST_TIMEOUT_MS = 15_000;
const REQUEST_ID = /^[A-Za-z0-9_.-]{1,128}$/;
const RETRY_AFTER_SECONDS = 2;

/** Takes over the caller's request id when it is well-formed, makes one otherwise, and answers with it. */
export const requestId: MiddlewareHandler<ShellEnv> = async (c, next) => {
  const given = c.req.header('X-Request-Id');
  c.set('requestId', given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID());
  await next();
  // Set last, because an answer that comes whole from Better Auth replaces what was prepared before.
  c.header('X-Request-Id', c.get('requestId'));
};

/** One line per request. Of the path only what is known beforehand is written, for a path may hold anything. */
export function requestLog(logger: Logger, knownPaths: ReadonlySet<string>): MiddlewareHandler<ShellEnv> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const line = {
      request_id: c.get('requestId'),
      method: c.req.method,
      path: knownPaths.has(c.req.path) ? c.req.path : 'unknown',
      status: c.res.status,
      duration_ms: Math.round((performance.now() - startedAt) * 10) / 10,
    };
    logger.info(line, 'request');
  };
}

/** Refuses what comes when so many requests are under way: the pool is small, and waiting without end helps nobody. */
export function limitInFlight(max: number): MiddlewareHandler<ShellEnv> {
  let running = 0;
  return async (_c, next) => {
    if (running >= max)
      throw new ShellError('UNAVAILABLE', 'Too many requests are under way. Try again.', RETRY_AFTER_SECONDS);
    running += 1;
    try {
      await next();
    } finally {
      running -= 1;
    }
  };
}

/** Refuses bodies beyond the limit, whether their length is announced or not. */
export const limitBody: MiddlewareHandler<ShellEnv> = bodyLimit({
  maxSize: BODY_MAX_BYTES,
  onError: () => {
    throw new ShellError('PAYLOAD_TOO_LARGE', `Send at most ${BODY_MAX_BYTES} bytes.`);
  },
});

/** Answers 503 when a request takes too long; what it had begun is bounded by the statement timeout. */
export const limitTime: MiddlewareHandler<ShellEnv> = timeout(
  REQUEST_TIMEOUT_MS,
  // Hono asks for an HTTPException but throws whatever it is given.
  () => new ShellError('UNAVAILABLE', 'The request took too long. Try again.', RETRY_AFTER_SECONDS) as never,
);

/** Better Auth tells the wait in a header of its own; the standard one is added. */
export const standardRetryAfter: MiddlewareHandler<ShellEnv> = async (c, next) => {
  await next();
  const seconds = c.res.headers.get('X-Retry-After');
  if (c.res.status === 429 && seconds !== null) c.header('Retry-After', seconds);
};
