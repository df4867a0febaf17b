import { z } from '@hono/zod-openapi';
import { body, boolean, integer, text, timestamp } from '../fields.ts';
import { MAX_CACHE_SWR_SECONDS, MAX_CACHE_TTL_SECONDS, MAX_SQL_CHARS } from '../limits.ts';

/** What a statement does to data: only those that read can be cached. */
export const QUERY_TYPES = ['read', 'write', 'other'] as const;
export type QueryType = (typeof QUERY_TYPES)[number];

/** How much a statement would gain from being cached, the most first. */
const RECOMMENDATIONS = ['great', 'good', 'fair', 'poor'] as const;
export type Recommendation = (typeof RECOMMENDATIONS)[number];

const fields = {
  cache_enabled: boolean().openapi({
    description:
      "Whether answers to this statement are cached. In effect only while the database's own `cache_config.enabled` is true; until then nothing is cached, whatever its rules say.",
  }),
  cache_ttl_seconds: integer(0, MAX_CACHE_TTL_SECONDS).nullable().openapi({
    description:
      "How long an answer is fresh, in seconds; null for the database's own `cache_config.ttl_seconds`.",
  }),
  cache_swr_seconds: integer(0, MAX_CACHE_SWR_SECONDS).nullable().openapi({
    description:
      "How long a stale answer may still be given while a new one is fetched, in seconds; null for the database's own `cache_config.swr_seconds`.",
  }),
};

const settings = {
  cache_enabled: fields.cache_enabled,
  cache_ttl_seconds: fields.cache_ttl_seconds.optional(),
  cache_swr_seconds: fields.cache_swr_seconds.optional(),
};

/** The request of `createCacheRule`. */
export const CreateCacheRule = body({
  sql: text({ min: 1, max: MAX_SQL_CHARS, multiline: true }).openapi({
    description:
      "One statement that reads: SELECT, VALUES, TABLE or WITH … SELECT. Of its literals nothing is kept. Refused, with the reason: statements that write or lock rows, that call a volatile function or one that is not PostgreSQL's own, and TABLESAMPLE. Attribute notation counts as a call: `x.nextval` is `nextval(x)`. What a view or a policy does is not seen, nor a function of your own in attribute notation, which cannot be told from a column.",
    example: "SELECT name FROM countries WHERE code = 'CH'",
  }),
  ...settings,
}).openapi('CreateCacheRuleRequest', {
  example: {
    sql: "SELECT name FROM countries WHERE code = 'CH'",
    cache_enabled: true,
    cache_ttl_seconds: 300,
  },
});
export type CreateCacheRule = z.infer<typeof CreateCacheRule>;

/** The request of `updateCacheRule`: all of the rule anew. */
export const UpdateCacheRule = body(settings).openapi('UpdateCacheRuleRequest', {
  description: 'All of the rule: what is left out becomes null.',
  example: { cache_enabled: true, cache_ttl_seconds: 60 },
});
export type UpdateCacheRule = z.infer<typeof UpdateCacheRule>;

const CACHE_RULE_EXAMPLE = {
  query_hash: 'f2d9924396c7ca17',
  normalized_sql: 'select name from countries where code = $1',
  query_type: 'read' as const,
  cache_enabled: true,
  cache_ttl_seconds: 300,
  cache_swr_seconds: null,
  call_count: 0,
  avg_latency_ms: 0,
  p95_latency_ms: 0,
  avg_response_bytes: 0,
  stability_rate: 0,
  recommendation: 'poor' as const,
  first_seen_at: '2026-11-21T08:30:00.000Z',
  last_seen_at: '2026-11-21T08:30:00.000Z',
};

const count = (description: string) => z.int().min(0).openapi({ format: 'int64', description });
const measure = (description: string) => z.number().openapi({ format: 'double', description });

/** A cache rule in answers, with what was seen of its statement: nothing until traffic has been seen. */
export const CacheRule = z
  .object({
    query_hash: z.string().openapi({
      description: 'Names the rule: 16 hexadecimal digits, the same for every spelling of the statement.',
    }),
    normalized_sql: z.string().openapi({
      description:
        'The statement without comments, with one space between words, key words in lower case and each literal as `$N`, as it was when the rule was made.',
    }),
    query_type: z.enum(QUERY_TYPES),
    ...fields,
    call_count: count('How often it was called.'),
    avg_latency_ms: measure('How long the database took for it on average, in milliseconds.'),
    p95_latency_ms: measure('How long it took at most in 95 of 100 calls, in milliseconds.'),
    avg_response_bytes: count('How large its answer was on average, in bytes.'),
    stability_rate: measure('How often the answer was the same as the one before: 0 never, 1 always.'),
    recommendation: z.enum(RECOMMENDATIONS).openapi({
      description:
        'What caching it would bring, from what was seen: `great` for an answer that stays the same 95 times in 100, is asked for 100 times or more and takes 5 ms or more; `good` for 80 in 100 and 10 calls; `fair` for 50 in 100 and 2 calls; otherwise, and until traffic has been seen, `poor`.',
    }),
    first_seen_at: timestamp().openapi({
      description: 'When it was first seen or its rule was made, whichever was earlier.',
    }),
    last_seen_at: timestamp().openapi({
      description: 'When it was last seen; until traffic has been seen, when its rule was made.',
    }),
  })
  .openapi('CacheRuleEntry', { example: CACHE_RULE_EXAMPLE });
export type CacheRule = z.infer<typeof CacheRule>;

export const CacheRuleAnswer = z
  .object({ entry: CacheRule })
  .openapi('UpdateCacheRuleResponse', { example: { entry: CACHE_RULE_EXAMPLE } });
export type CacheRuleAnswer = z.infer<typeof CacheRuleAnswer>;

export const CacheRuleList = z
  .object({ entries: z.array(CacheRule), next_page_token: z.string().optional() })
  .openapi('ListCacheRulesResponse', { example: { entries: [CACHE_RULE_EXAMPLE] } });
export type CacheRuleList = z.infer<typeof CacheRuleList>;
