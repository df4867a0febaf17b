import type { Clock } from '@headgate/core';
import type { Logger } from 'pino';
import type { Count, Counter } from './counter.ts';
import { withinTime } from './within-time.ts';

/** No request waits longer for its count. A store in the same data centre answers in a few milliseconds. */
export const STORE_TIMEOUT_MS = 250;
/** A store that has failed is left alone so long; then one request tries it for all. */
const REST_MS = 1_000;
const WARN_INTERVAL_MS = 60_000;

/** How the shared store does. */
export interface SharedStoreState {
  /** Whether each instance counts for itself at present. */
  readonly isFailing: boolean;
  /** Counts that it did not take, or not in time, since the start of the process. */
  readonly failures: number;
}

export interface InsuredCounter extends Counter {
  readonly state: () => SharedStoreState;
}

interface InsuredOptions {
  readonly shared: Counter;
  /** Counts while the shared store does not. */
  readonly insurance: Counter;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timeoutMs?: number;
}

/**
 * Counts in the shared store, and in memory while that fails or is slow: a limit that each instance holds for itself
 * is worth more than requests that fail or wait for a count. The library's own insurance has no bound of time, tries
 * a lost store anew with each request, and tells nobody.
 */
export function insureCounter(options: InsuredOptions): InsuredCounter {
  const { shared, insurance, clock, log, timeoutMs = STORE_TIMEOUT_MS } = options;
  let restingUntil = -Infinity;
  let warnedAt = -Infinity;
  let isFailing = false;
  let failures = 0;

  function tell(error: unknown, now: number): void {
    isFailing = true;
    failures += 1;
    restingUntil = now + REST_MS;
    if (now - warnedAt < WARN_INTERVAL_MS) return;
    warnedAt = now;
    log.warn({ err: error }, 'the store of the rate limits fails; each instance counts for itself');
  }

  async function tryShared(key: string, points: number | undefined): Promise<Count> {
    const count = await withinTime(shared.count(key, points), timeoutMs);
    if (isFailing) log.info('the store of the rate limits answers again');
    isFailing = false;
    restingUntil = -Infinity;
    return count;
  }

  return {
    state: () => ({ isFailing, failures }),
    count: async (key, points) => {
      const now = clock.now().getTime();
      // A clock that was set back has left the end of the rest far ahead.
      if (now < restingUntil && restingUntil - now <= REST_MS) return await insurance.count(key, points);
      // The others go on counting for themselves until this one has come back.
      if (isFailing) restingUntil = now + REST_MS;
      try {
        return await tryShared(key, points);
      } catch (error) {
        tell(error, now);
        return await insurance.count(key, points);
      }
    },
  };
}
