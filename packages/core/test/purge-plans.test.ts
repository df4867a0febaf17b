import type { Store } from '@headgate/db';
import { DEFAULT_POOL_CONFIG } from '@headgate/schema';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { purgeExpired } from '../src/index.ts';
import { startCore } from './support.ts';

const ROWS = 3_000;
/** A row is found by its key, and looked for in a few indexes of what hangs on it. */
const MAX_BLOCKS_PER_ROW = 50;

const core = await startCore();
const maintenance = postgres(core.url, {
  max: 1,
  connection: { role: 'headgate_maintenance', search_path: 'headgate' },
});
beforeAll(seed);
afterAll(async () => {
  await maintenance.end();
  await core.close();
});

/** Rows that the statistics take for living: they fell due all at once, and nobody has analyzed the tables since. */
async function seed(): Promise<void> {
  const { owner } = core;
  await owner`
    insert into projects (id, org_id, name, cloud, self_hosted, status, created_at, updated_at)
    select 'prj_' || lpad(i::text, 26, '0'), 'org', 'name', 'aws', false, 'active', now(), now()
    from generate_series(1, ${ROWS}::integer) i
  `;
  const { pool_size: size, min_pool_size: least, max_active: most } = DEFAULT_POOL_CONFIG;
  await owner`
    insert into databases (id, org_id, project_id, host, port, name, username, ssl_mode, cache_enabled, cache_ttl_seconds,
      cache_max_entries, cache_swr_seconds, pool_size, pool_min_size, pool_mode, pool_max_active, created_at, updated_at)
    select 'db_' || right(id, 26), org_id, id, '', 0, '', '', 'require', false, 0, 0, 0, ${size}, ${least}, 'session',
      ${most}, now(), now()
    from projects
  `;
  await owner`
    insert into idempotency_records (actor_kind, actor_id, key, org_id, operation, fingerprint, answer, created_at, expires_at)
    select 'user', 'user', 'key ' || i, 'org', 'o', 'f', '{}', '2020-01-01', '2100-01-01'
    from generate_series(1, ${ROWS}::integer) i
  `;
  await owner`analyze`;
  await owner`update projects set deleted_at = '2020-01-01'`;
  await owner`update databases set deleted_at = '2020-01-01'`;
  await owner`update idempotency_records set expires_at = '2020-01-02'`;
}

interface Explained {
  readonly Plan: { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number };
}

test('a batch of the purge reads no more than its own rows, however many are due and little is known of them', async () => {
  const blocks: number[] = [];
  const explaining: Store = {
    ...core.store,
    maintain: async (query) => {
      const { sql, parameters } = query.compile();
      const rows = await maintenance.unsafe(`explain (analyze, buffers, format json) ${sql}`, [
        ...parameters,
      ] as never[]);
      const [explained] = rows.map((row) => (row['QUERY PLAN'] as Explained[])[0]?.Plan);
      blocks.push((explained?.['Shared Hit Blocks'] ?? 0) + (explained?.['Shared Read Blocks'] ?? 0));
      return [];
    },
  };
  // Each statement once: what it answers is taken for the last batch.
  await purgeExpired({ store: explaining, clock: core.clock });
  expect(blocks.length).toBeGreaterThanOrEqual(10);
  expect(Math.max(...blocks)).toBeLessThan(500 * MAX_BLOCKS_PER_ROW);
  const { databases, projects, idempotencyRecords } = await purgeExpired(core);
  expect({ databases, idempotencyRecords }).toEqual({
    databases: ROWS - 500,
    idempotencyRecords: ROWS - 500,
  });
  expect(projects).toBeGreaterThan(0);
});
