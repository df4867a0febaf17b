import { createHash } from 'node:crypto';
import type { Actor } from '@headgate/core';
import { networkOf } from '../http/caller-address.ts';
import { memoryCounter, type Count, type Counter } from './counter.ts';
import type { RequestRates } from './request-rates.ts';

/** Ids are the issuer's to choose, of up to 255 characters; the key of a count may have as many, with its prefix. */
const MAX_PLAIN_ID_CHARS = 128;

/** Where a caller stands with one limit, this request included. */
export interface Standing {
  readonly isAllowed: boolean;
  /** How many requests a window has. */
  readonly quota: number;
  readonly windowSeconds: number;
  /** How many of them are left. */
  readonly remaining: number;
  /** Until the window ends, at least 1. */
  readonly leftSeconds: number;
}

/** The limits on requests: of addresses before authentication, of actors after it. */
export interface RateLimits {
  /** Counts a request of this address. */
  readonly countAddress: (address: string) => Promise<Standing>;
  /** Where the address stands with refused credentials; counts nothing. */
  readonly failuresOf: (address: string) => Promise<Standing>;
  /** Counts credentials that were refused. */
  readonly countFailure: (address: string) => Promise<void>;
  /** Counts a request of a person or of an API key, each by itself. */
  readonly countActor: (actor: Actor) => Promise<Standing>;
}

interface LimitOptions {
  /** Where actors are counted. */
  readonly actors: Counter;
  readonly rates: RequestRates;
  readonly windowSeconds: number;
  readonly addressRequestsPerSecond: number;
  readonly addressFailuresPerSecond: number;
}

/**
 * Addresses are counted in memory, by each instance for itself: before authentication anyone can cause a count, and a
 * shared store would hand a flood on to whatever else it serves. Actors are counted where all instances see them.
 */
export function createRateLimits(options: LimitOptions): RateLimits {
  const { actors, rates, windowSeconds } = options;
  const requests = memoryCounter(windowSeconds);
  const failures = memoryCounter(windowSeconds);
  const requestQuota = options.addressRequestsPerSecond * windowSeconds;
  const failureQuota = options.addressFailuresPerSecond * windowSeconds;

  const standing = ({ count, leftMs }: Count, quota: number): Standing => ({
    isAllowed: count <= quota,
    quota,
    windowSeconds,
    remaining: Math.max(quota - count, 0),
    leftSeconds: Math.max(Math.ceil(leftMs / 1000), 1),
  });

  return {
    countAddress: async (address) => standing(await requests.count(networkOf(address)), requestQuota),
    failuresOf: async (address) => {
      const { count, leftMs } = (await failures.peek(networkOf(address))) ?? { count: 0, leftMs: 0 };
      // The next one would be one more.
      return standing({ count: count + 1, leftMs }, failureQuota);
    },
    countFailure: async (address) => {
      await failures.count(networkOf(address));
    },
    countActor: async (actor) => {
      const rate = rates(actor);
      const quota = (typeof rate === 'number' ? rate : await rate) * windowSeconds;
      return standing(await actors.count(keyOf(actor)), quota);
    },
  };
}

function keyOf({ kind, id }: Actor): string {
  if (id.length <= MAX_PLAIN_ID_CHARS) return `${kind}:${id}`;
  return `${kind}:sha256:${createHash('sha256').update(id).digest('hex')}`;
}
