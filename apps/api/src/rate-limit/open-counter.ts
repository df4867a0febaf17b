/** Opens the store in which actors' requests are counted, as the configuration names it. */
import { openCounter, type Clock } from '@headgate/core';
import type { Logger } from 'pino';
import type { RateLimitStore } from '../config/index.ts';
import { counterOf, limiterOptions, memoryCounter, type Counter } from './counter.ts';
import { STORE_TIMEOUT_MS, insureCounter, type SharedStoreState } from './insured-counter.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_DELAY_MS = 2_000;
/** Several services may share a Redis. */
const REDIS_PREFIX = 'headgate:rate:';

interface OpenOptions {
  readonly store: RateLimitStore;
  readonly databaseUrl: string;
  readonly windowSeconds: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** For tests of what is counted, on a machine that does other things too. */
  readonly timeoutMs?: number;
}

interface OpenedCounter extends Counter {
  /** Of a store that instances share. */
  readonly state?: () => SharedStoreState;
  readonly close: () => Promise<void>;
}

interface SharedStore {
  readonly shared: Counter;
  readonly close: () => Promise<void>;
}

/** A store that cannot be reached is no reason not to start: its insurance counts until it answers. */
export async function openActorCounter(options: OpenOptions): Promise<OpenedCounter> {
  const { store, databaseUrl, windowSeconds, clock, log, timeoutMs = STORE_TIMEOUT_MS } = options;
  const insurance = memoryCounter(windowSeconds);
  if (store === 'memory') return { ...insurance, close: async () => {} };
  const { shared, close } =
    store === 'postgres'
      ? await openPostgres(databaseUrl, windowSeconds)
      : await openRedis(store.url, { windowSeconds, timeoutMs, log });
  return { ...insureCounter({ shared, insurance, clock, log, timeoutMs }), close };
}

/** The table is made by a migration. The library clears what has expired, by a timer that keeps no process alive. */
async function openPostgres(databaseUrl: string, windowSeconds: number): Promise<SharedStore> {
  const client = openCounter(databaseUrl);
  // The first request's count should not wait for a connection.
  await client.query({ text: 'select 1' }).catch(() => {});
  const { RateLimiterPostgres } = await import('rate-limiter-flexible');
  const limiter = new RateLimiterPostgres({
    ...limiterOptions(windowSeconds),
    storeClient: client,
    storeType: 'client',
    schemaName: 'headgate',
    tableName: 'rate_limits',
    tableCreated: true,
  });
  return { shared: counterOf(limiter, windowSeconds), close: async () => await client.close() };
}

type RedisOptions = Pick<OpenOptions, 'windowSeconds' | 'log'> & { readonly timeoutMs: number };

/** The client is loaded only where it is used. It connects again by itself, and holds nothing back until then. */
async function openRedis(url: string, options: RedisOptions): Promise<SharedStore> {
  const { windowSeconds, timeoutMs, log } = options;
  const [{ Redis }, { RateLimiterRedis }] = await Promise.all([
    import('ioredis'),
    import('rate-limiter-flexible'),
  ]);
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: timeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_DELAY_MS),
  });
  // Told once a minute where the counts are taken; a listener must be there all the same.
  client.on('error', (error: Error) => log.debug({ err: error }, 'redis'));
  await client.connect().catch(() => {});
  const limiter = new RateLimiterRedis({
    ...limiterOptions(windowSeconds),
    keyPrefix: REDIS_PREFIX,
    storeClient: client,
    rejectIfRedisNotReady: true,
  });
  return {
    shared: counterOf(limiter, windowSeconds),
    close: async () => {
      client.disconnect();
    },
  };
}
