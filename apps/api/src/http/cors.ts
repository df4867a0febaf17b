/** What pages of other origins may send and read (Fetch Standard, section 3.3). */
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { AppEnv } from './env.ts';

const SENT = [
  ...['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match'],
  ...['X-API-Key', 'X-Request-Id'],
];
const READ = [
  ...['Content-Disposition', 'ETag', 'Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After'],
  ...['X-Request-Id', 'Idempotency-Replayed'],
];

/** Lets pages of these origins ask, and read all answers of the application. */
export function corsFor(origins: readonly string[]): MiddlewareHandler<AppEnv> {
  return cors({
    ...{ origin: [...origins], allowHeaders: SENT, exposeHeaders: READ, maxAge: 600 },
    allowMethods: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
  });
}

/** The same for an answer that the application does not make: names and values in turn. */
export function createCorsHeaders(
  origins: readonly string[],
): (origin: string | undefined) => readonly string[] {
  const known = new Map(
    origins.map((origin) => [
      origin,
      [
        'Access-Control-Allow-Origin',
        origin,
        'Access-Control-Expose-Headers',
        READ.join(','),
        'Vary',
        'Origin',
      ],
    ]),
  );
  return (origin) => (origin === undefined ? undefined : known.get(origin)) ?? [];
}
