import type { Clock, Settings, Store } from '@headgate/core';
import type { Logger } from 'pino';
import type { RateLimitConfig } from '../config/index.ts';
import { WINDOW_SECONDS } from './counter.ts';
import type { SharedStoreState } from './insured-counter.ts';
import { openActorCounter } from './open-counter.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';
import { createRequestRates } from './request-rates.ts';

interface OpenOptions {
  readonly config: RateLimitConfig;
  readonly databaseUrl: string;
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** For tests, which must not wait long for a window to end. */
  readonly windowSeconds?: number;
}

interface OpenedRateLimits extends RateLimits {
  /** How the store does in which instances count together; undefined where this one counts in memory. */
  readonly sharedStore: () => SharedStoreState | undefined;
  readonly close: () => Promise<void>;
}

/** The limits as they are configured, with the store in which they count together with other instances. */
export async function openRateLimits(options: OpenOptions): Promise<OpenedRateLimits> {
  const { config, databaseUrl, settings, store, clock, log, windowSeconds = WINDOW_SECONDS } = options;
  const actors = await openActorCounter({ store: config.store, databaseUrl, windowSeconds, clock, log });
  const limits = createRateLimits({
    ...{ actors, windowSeconds, rates: createRequestRates({ store, clock, settings }) },
    addressRequestsPerSecond: config.addressRequestsPerSecond,
    addressFailuresPerSecond: config.addressFailuresPerSecond,
  });
  return { ...limits, sharedStore: () => actors.state?.(), close: actors.close };
}
