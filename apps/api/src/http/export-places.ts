import { HeadgateError } from '@headgate/core';
import type { MiddlewareHandler } from 'hono';
import { MAX_EXPORTS_PER_ACTOR, MAX_EXPORTS_UNDER_WAY } from '../limits.ts';
import type { AppEnv } from './env.ts';

/** An export takes as long as its reader does; the next look for a free place may as well be in a few seconds. */
const RETRY_AFTER_SECONDS = 5;

/** Bounds the exports that are under way. A place is taken until the answer was sent, or its connection is gone. */
export function limitExports(): MiddlewareHandler<AppEnv> {
  const underWay = new Map<string, number>();
  let total = 0;
  return async (c, next) => {
    const { kind, id } = c.get('actor');
    const name = `${kind} ${id}`;
    const own = underWay.get(name) ?? 0;
    if (own >= MAX_EXPORTS_PER_ACTOR) throw noPlace('of yours ');
    if (total >= MAX_EXPORTS_UNDER_WAY) throw noPlace('');
    const { outgoing } = c.env;
    if (!outgoing.closed) {
      total += 1;
      underWay.set(name, own + 1);
      outgoing.once('close', () => {
        total -= 1;
        const left = (underWay.get(name) ?? 1) - 1;
        if (left === 0) underWay.delete(name);
        else underWay.set(name, left);
      });
    }
    await next();
  };
}

function noPlace(whose: string): HeadgateError {
  return new HeadgateError(
    'RATE_LIMITED',
    `Too many exports ${whose}are under way. Repeat this one in ${RETRY_AFTER_SECONDS} seconds.`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
