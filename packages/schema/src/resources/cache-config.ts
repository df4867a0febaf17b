import { z } from '@hono/zod-openapi';
import { body, boolean, integer } from '../fields.ts';
import { MAX_CACHE_ENTRIES, MAX_CACHE_SWR_SECONDS, MAX_CACHE_TTL_SECONDS } from '../limits.ts';

/** Caching is opted into: a stale read after a write must never be a surprise. */
export const DEFAULT_CACHE_CONFIG = {
  enabled: false,
  ttl_seconds: 60,
  max_entries: 10_000,
  swr_seconds: 30,
} as const;

const fields = {
  enabled: boolean().openapi({ description: 'Whether answers to reads are cached.' }),
  ttl_seconds: integer(0, MAX_CACHE_TTL_SECONDS).openapi({
    description: 'How long an answer is fresh, in seconds.',
  }),
  max_entries: integer(0, MAX_CACHE_ENTRIES).openapi({ description: 'How many answers are kept at most.' }),
  swr_seconds: integer(0, MAX_CACHE_SWR_SECONDS).openapi({
    description: 'How long a stale answer may still be given while a new one is fetched, in seconds.',
  }),
};

/** How a database's reads are cached. */
export const CacheConfig = z.object(fields).openapi('CacheConfig', { example: DEFAULT_CACHE_CONFIG });
export type CacheConfig = z.infer<typeof CacheConfig>;

/** The same in a request, where what is left out keeps its value or takes its default. */
export const CacheConfigInput = body(fields).partial().openapi('CacheConfigInput', {
  description: 'What is left out keeps its value, or takes its default at creation.',
});
export type CacheConfigInput = z.infer<typeof CacheConfigInput>;
