/** What counts requests: in this process, or together with other instances. */
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
// The package as a whole loads a client's worth of code for each store that it knows.
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';

/**
 * Fixed windows: short enough for a caller that was refused to try again soon, long enough for a burst, such as the
 * first page of a console or a run of Terraform, to pass at once. Redis counts whole seconds.
 */
export const WINDOW_SECONDS = 10;

/** Each limiter's own bound is never reached: how many are allowed differs from caller to caller, and is ours to say. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** How much a caller has asked in the present window, this request included. */
export interface Count {
  readonly count: number;
  /** Until the window ends. */
  readonly leftMs: number;
}

export interface Counter {
  /** Counts one request, or `points` at once. */
  readonly count: (key: string, points?: number) => Promise<Count>;
}

/** The options that every limiter of the library is made with. */
export function limiterOptions(windowSeconds: number) {
  return { points: UNBOUNDED, duration: windowSeconds, keyPrefix: '' };
}

/**
 * Counts in memory. A key is forgotten when its window ends, so that there are never more of them than requests were
 * answered in one window.
 */
export function memoryCounter(windowSeconds: number): Counter & {
  /** What has been counted so far, without counting. */
  readonly peek: (key: string) => Promise<Count | undefined>;
} {
  const limiter = new RateLimiterMemory(limiterOptions(windowSeconds));
  return {
    ...counterOf(limiter, windowSeconds),
    peek: async (key) => {
      const found = await limiter.get(key);
      if (found === null || isOfAnotherTime(found.msBeforeNext, windowSeconds)) return undefined;
      return { count: found.consumedPoints, leftMs: found.msBeforeNext };
    },
  };
}

/** Counts with a limiter of the library. A window that a clock has begun which was set back since is begun anew. */
export function counterOf(limiter: RateLimiterAbstract, windowSeconds: number): Counter {
  return {
    count: async (key, points = 1) => {
      let counted = await limiter.consume(key, points);
      if (isOfAnotherTime(counted.msBeforeNext, windowSeconds)) {
        await limiter.delete(key);
        counted = await limiter.consume(key, points);
      }
      return { count: counted.consumedPoints, leftMs: counted.msBeforeNext };
    },
  };
}

/**
 * Whether a window ends later than one that begins now. The library reckons with the time of day: after an hour's leap
 * back its windows would last for an hour. Clocks of instances differ by less than a window.
 */
function isOfAnotherTime(leftMs: number, windowSeconds: number): boolean {
  return leftMs > 2 * windowSeconds * 1000;
}
