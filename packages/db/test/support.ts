/** Raw SQL under each role, and a row of every tenant table, for tests that go around the store. */
import { newId } from '@headgate/schema';
import postgres, { type Sql } from 'postgres';

export type Role = 'headgate_app' | 'headgate_maintenance';

/** A connection as this role, exactly as the store makes it, or as the owner of the schema when no role is named. */
export function connectAs(url: string, role?: Role, settings: Record<string, string | number> = {}): Sql {
  return postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { ...(role !== undefined && { role }), search_path: 'headgate', ...settings },
  });
}

type Row = Readonly<Record<string, unknown>>;

interface RowIds {
  readonly orgId: string;
  readonly projectId: string;
}

const NOW = new Date('2026-11-21T08:30:00Z');
const LATER = new Date('2026-11-22T08:30:00Z');

/** A valid row of every tenant table. A new table enters the suites with a line here; without one they fail. */
const SAMPLE_ROWS: Record<string, (ids: RowIds) => Row> = {
  projects: ({ orgId, projectId }) => ({
    ...{ id: projectId, org_id: orgId, name: 'shop', cloud: 'aws', self_hosted: false, status: 'active' },
    ...{ created_at: NOW, updated_at: NOW },
  }),
  databases: ({ orgId, projectId }) => ({
    ...{ id: newId('db'), org_id: orgId, project_id: projectId },
    ...{ host: 'db.example.com', port: 5432, name: 'mydb', username: 'myuser', ssl_mode: 'verify-full' },
    ...{ sealed_password: '{}', sealing_key_id: 'key-1' },
    ...{ cache_enabled: false, cache_ttl_seconds: 60, cache_max_entries: 10_000, cache_swr_seconds: 30 },
    ...{ pool_size: 10, pool_min_size: 1, pool_mode: 'session', pool_max_active: 200 },
    ...{ created_at: NOW, updated_at: NOW },
  }),
  audit_entries: ({ orgId, projectId }) => ({
    ...{ id: newId('aud'), org_id: orgId, project_id: projectId, actor_kind: 'user', actor_id: 'user_1' },
    ...{
      action: 'project.create',
      resource_kind: 'project',
      resource_id: projectId,
      request_id: 'r',
      created_at: NOW,
    },
  }),
  idempotency_records: ({ orgId }) => ({
    ...{ actor_id: 'user_1', key: crypto.randomUUID(), org_id: orgId, operation: 'project.create' },
    ...{ fingerprint: 'k:f', answer: '{}', created_at: NOW, expires_at: LATER },
  }),
};

/** A valid row of this table, not inserted yet, with what a test wants of it. */
export function sampleRow(table: string, ids: RowIds, over: Row = {}): Row {
  const make = SAMPLE_ROWS[table];
  if (make === undefined) throw new Error(`there is no sample row for ${table}: add one to SAMPLE_ROWS`);
  return { ...make(ids), ...over };
}

export async function insertRow(sql: Sql, table: string, row: Row): Promise<void> {
  await sql`insert into ${sql(`headgate.${table}`)} ${sql(row)}`;
}

/** One row in each of these tables for an organization, put there by the owner of the schema. */
export async function seedOrganization(
  owner: Sql,
  tables: readonly string[],
  orgId: string,
): Promise<RowIds> {
  const ids = { orgId, projectId: newId('prj') as string };
  await insertRow(owner, 'projects', sampleRow('projects', ids));
  for (const table of tables.filter((name) => name !== 'projects')) {
    await insertRow(owner, table, sampleRow(table, ids));
  }
  return ids;
}

/** Every table of ours that holds rows of tenants, as the catalog knows them. */
export async function tenantTables(owner: Sql): Promise<string[]> {
  const rows = await owner<{ name: string }[]>`
    select c.relname as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
    where c.relnamespace = 'headgate'::regnamespace and c.relkind in ('r', 'p') order by 1
  `;
  return rows.map(({ name }) => name);
}
