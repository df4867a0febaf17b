import { HeadgateError } from '@headgate/core';
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './env.ts';

/** What takes a place takes it for seconds; the next look for a free one may as well be in a few. */
const RETRY_AFTER_SECONDS = 5;

interface Places {
  /** What is counted, in the plural, as the refusal names it. */
  readonly what: string;
  readonly perActor: number;
  readonly all: number;
}

/**
 * Bounds how much of something heavy is under way. A place is taken until the work is over and the answer was sent, or
 * its connection is gone: neither a reader that takes its time nor one that goes away makes room for more.
 */
export function limitPlaces({ what, perActor, all }: Places): MiddlewareHandler<AppEnv> {
  const underWay = new Map<string, number>();
  let total = 0;
  const take = (name: string) => {
    total += 1;
    underWay.set(name, (underWay.get(name) ?? 0) + 1);
  };
  const release = (name: string) => {
    total -= 1;
    const left = (underWay.get(name) ?? 1) - 1;
    if (left === 0) underWay.delete(name);
    else underWay.set(name, left);
  };
  return async (c, next) => {
    const { kind, id } = c.get('actor');
    const name = `${kind} ${id}`;
    if ((underWay.get(name) ?? 0) >= perActor) throw noPlace(what, 'of yours ');
    if (total >= all) throw noPlace(what, '');
    take(name);
    try {
      await next();
    } finally {
      const { outgoing } = c.env;
      if (outgoing.closed) release(name);
      else outgoing.once('close', () => release(name));
    }
  };
}

function noPlace(what: string, whose: string): HeadgateError {
  return new HeadgateError(
    'RATE_LIMITED',
    `Too many ${what} ${whose}are under way. Repeat this one in ${RETRY_AFTER_SECONDS} seconds.`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
