import { ADDRESS_FAILURES_PER_SECOND, ADDRESS_REQUESTS_PER_SECOND } from '../limits.ts';
import { ConfigError } from './error.ts';
import { readInteger } from './values.ts';

/** Where the requests of people and keys are counted. */
export type RateLimitStore = 'memory' | 'postgres' | { readonly url: string };

export interface RateLimitConfig {
  readonly store: RateLimitStore;
  readonly addressRequestsPerSecond: number;
  readonly addressFailuresPerSecond: number;
}

/** As high as the limit of an organization may be. */
const MAX_PER_SECOND = 1_000_000;

/** @param get gives the text of a variable, undefined when it is absent */
export function readRateLimits(get: (name: string) => string | undefined): RateLimitConfig {
  const perSecond = (name: string, absent: number) =>
    readInteger(name, get(name), { min: 1, max: MAX_PER_SECOND, absent });
  return {
    store: readStore(get('RATE_LIMIT_STORE') ?? 'memory'),
    addressRequestsPerSecond: perSecond('ADDRESS_REQUESTS_PER_SECOND', ADDRESS_REQUESTS_PER_SECOND),
    addressFailuresPerSecond: perSecond('ADDRESS_FAILURES_PER_SECOND', ADDRESS_FAILURES_PER_SECOND),
  };
}

function readStore(text: string): RateLimitStore {
  if (text === 'memory' || text === 'postgres') return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return { url: text };
  throw new ConfigError(
    'RATE_LIMIT_STORE',
    'give memory, postgres, or the URL of a Redis or Valkey, such as redis://host:6379',
  );
}
