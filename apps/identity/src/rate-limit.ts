import { sql } from 'kysely';
import { generateId } from 'better-auth';
import type { Database } from './database.ts';

/** So many requests in so many seconds. */
export interface Rule {
  readonly window: number;
  readonly max: number;
}

/** What became of one request; `retryAfter` counts seconds and is null when the request is allowed. */
export interface Verdict {
  allowed: boolean;
  retryAfter: number | null;
}

/** Counters shared by all instances. */
export interface RateLimiter {
  readonly consume: (key: string, rule: Rule) => Promise<Verdict>;
  readonly forget: (key: string) => Promise<void>;
}

/** Rows untouched for so long belong to no window any more: no rule's window is longer. */
const STALE_MS = 3_600_000;
/** One request in so many also sweeps stale rows, which keeps the table small without a timer. */
const SWEEP_ONE_IN = 200;

const NOW_MS = sql<string>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/**
 * Fixed windows, counted in one atomic statement by the database's clock, in Better Auth's own `rateLimit` table.
 *
 * Better Auth's own database storage takes two statements, and its window restarts with every request, so that a
 * steady and modest caller is locked out in the end. Here `lastRequest` holds the start of the window.
 */
export function createRateLimiter(db: Database): RateLimiter {
  return {
    async consume(key, rule) {
      if (Math.random() * SWEEP_ONE_IN < 1) await sweep(db);
      const windowMs = rule.window * 1000;
      const over = sql<boolean>`"rateLimit"."lastRequest" <= excluded."lastRequest" - ${windowMs}::bigint`;
      const row = await db
        .insertInto('rateLimit')
        .values({ id: generateId(), key, count: 1, lastRequest: NOW_MS })
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet({
            count: sql`case when ${over} then 1 else least("rateLimit".count + 1, ${rule.max + 1}::int) end`,
            lastRequest: sql`case when ${over} then excluded."lastRequest" else "rateLimit"."lastRequest" end`,
          }),
        )
        .returning(['count', sql<string>`"lastRequest" + ${windowMs}::bigint - ${NOW_MS}`.as('leftMs')])
        .executeTakeFirstOrThrow();
      const allowed = row.count <= rule.max;
      return { allowed, retryAfter: allowed ? null : Math.max(1, Math.ceil(Number(row.leftMs) / 1000)) };
    },
    async forget(key) {
      await db.deleteFrom('rateLimit').where('key', '=', key).execute();
    },
  };
}

async function sweep(db: Database): Promise<void> {
  await db
    .deleteFrom('rateLimit')
    .where('lastRequest', '<', sql<string>`${NOW_MS} - ${STALE_MS}::bigint`)
    .execute();
}
