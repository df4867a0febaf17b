import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './env.ts';
import type { Places } from './heavy-places.ts';

/**
 * Bounds how much of something heavy is under way. A place is taken until the work is over and the answer was sent, or
 * its connection is gone: neither a reader that takes its time nor one that goes away makes room for more.
 */
export function limitPlaces(places: Places): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { kind, id } = c.get('actor');
    const release = places.take(`${kind} ${id}`);
    try {
      await next();
    } finally {
      const { outgoing } = c.env;
      if (outgoing.closed) release();
      else outgoing.once('close', release);
    }
  };
}
