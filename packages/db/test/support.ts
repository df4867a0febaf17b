/** Raw SQL under each role, and a row of every tenant table, for tests that go around the store. */
import { randomBytes } from 'node:crypto';
import { newId } from '@headgate/schema';
import { Kysely } from 'kysely';
import { PostgresJSDialect } from 'kysely-postgres-js';
import { Migrator } from 'kysely/migration';
import postgres, { type Sql } from 'postgres';
import { MIGRATIONS } from '../src/migrations/index.ts';

export type Role = 'headgate_app' | 'headgate_maintenance';

/** A connection as this role, exactly as the store makes it, or as the owner of the schema when no role is named. */
export function connectAs(url: string, role?: Role, settings: Record<string, string | number> = {}): Sql {
  return postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { ...(role !== undefined && { role }), search_path: 'headgate', ...settings },
  });
}

/** Brings an empty database to where an earlier release has left it. */
export async function migrateTo(url: string, name: string): Promise<void> {
  const sql = postgres(url, { onnotice: () => {} });
  await sql`create schema headgate`;
  const migrator = new Migrator({
    db: new Kysely<unknown>({ dialect: new PostgresJSDialect({ postgres: sql }) }),
    provider: { getMigrations: () => Promise.resolve(MIGRATIONS) },
    ...{ migrationTableSchema: 'headgate', migrationTableName: 'migrations' },
    migrationLockTableName: 'migrations_lock',
  });
  const { error } = await migrator.migrateTo(name);
  await sql.end();
  if (error !== undefined) throw new Error(`the schema of ${name} could not be made`, { cause: error });
}

type Row = Readonly<Record<string, unknown>>;

interface RowIds {
  readonly orgId: string;
  readonly projectId: string;
  readonly databaseId?: string;
}

const NOW = new Date('2026-11-21T08:30:00Z');
const LATER = new Date('2026-11-22T08:30:00Z');

/** A valid row of every tenant table. A new table enters the suites with a line here; without one they fail. */
const SAMPLE_ROWS: Record<string, (ids: RowIds) => Row> = {
  projects: ({ orgId, projectId }) => ({
    ...{ id: projectId, org_id: orgId, name: 'shop', cloud: 'aws', self_hosted: false, status: 'active' },
    ...{ created_at: NOW, updated_at: NOW },
  }),
  databases: ({ orgId, projectId, databaseId = newId('db') }) => ({
    ...{ id: databaseId, org_id: orgId, project_id: projectId },
    ...{ host: 'db.example.com', port: 5432, name: 'mydb', username: 'myuser', ssl_mode: 'verify-full' },
    ...{ sealed_password: '{}', sealing_key_id: 'key-1', password_id: 'password-1' },
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
      mac: 'k:m',
    },
  }),
  idempotency_records: ({ orgId }) => ({
    ...{ actor_kind: 'user', actor_id: 'user_1', key: crypto.randomUUID(), org_id: orgId },
    operation: 'project.create',
    ...{ fingerprint: 'k:f', answer: '{}', created_at: NOW, expires_at: LATER },
  }),
  organizations: ({ orgId }) => ({ org_id: orgId }),
  audit_chains: ({ orgId }) => ({ org_id: orgId, length: 1, hash: 'h', seal: 'k:s' }),
  api_keys: ({ orgId, projectId }) => ({
    ...{ id: newId('key'), org_id: orgId, project_id: projectId, name: 'ci', hint: 'hgp_0123' },
    ...{ hash: randomBytes(32).toString('hex'), scopes: ['projects:read'] },
    ...{ owner_id: 'user_1', created_at: NOW, updated_at: NOW },
  }),
  members: ({ orgId }) => ({ org_id: orgId, user_id: crypto.randomUUID(), role: 'owner', told_at: NOW }),
  replicas: ({ orgId, projectId, databaseId }) => ({
    ...{ id: newId('rep'), org_id: orgId, project_id: projectId, database_id: databaseId },
    ...{ host: 'replica.example.com', port: 5432, ssl_mode: 'verify-full' },
    ...{ created_at: NOW, updated_at: NOW },
  }),
  cache_rules: ({ orgId, projectId, databaseId }) => ({
    ...{ org_id: orgId, project_id: projectId, database_id: databaseId },
    ...{ query_hash: randomBytes(8).toString('hex'), normalized_sql: 'select $1', query_type: 'read' },
    ...{ cache_enabled: true, created_at: NOW, updated_at: NOW },
  }),
  custom_domains: ({ orgId, projectId }) => ({
    ...{ id: newId('dom'), org_id: orgId, project_id: projectId, verification_token: 't' },
    ...named(`${randomBytes(8).toString('hex')}.example.com`),
    ...{ created_at: NOW, updated_at: NOW },
  }),
  certificates: ({ orgId, projectId }) => ({
    ...{ id: newId('cert'), org_id: orgId, project_id: projectId, name: 'authority', kind: 'ca' },
    ...{ pem: '-----BEGIN CERTIFICATE-----', chain: [], not_after: LATER, created_at: NOW, updated_at: NOW },
  }),
  schema_snapshots: ({ orgId, projectId, databaseId }) => ({
    ...{ id: newId('snap'), org_id: orgId, project_id: projectId, database_id: databaseId },
    ...{ hash: randomBytes(32).toString('hex'), summary: {}, body: Buffer.from([0]), created_at: NOW },
  }),
  replication_slots: ({ orgId, projectId, databaseId }) => ({
    ...{ id: newId('slot'), org_id: orgId, project_id: projectId, database_id: databaseId },
    ...{ slot_name: `s_${randomBytes(8).toString('hex')}`, publication_name: 'p', status: 'active' },
    ...{ upstream: 'db.example.com:5432', created_at: NOW, updated_at: NOW },
  }),
};

/** A custom domain that is already as it stands in DNS. */
function named(name: string): Row {
  return { domain: name, name };
}

/** The tables with one row an organization. */
export const ONE_AN_ORGANIZATION = ['audit_chains', 'organizations'];
/** Its row is there as soon as the organization has a project. */
const MADE_WITH_A_PROJECT = 'organizations';

/** A valid row of this table, not inserted yet, with what a test wants of it. */
export function sampleRow(table: string, ids: RowIds, over: Row = {}): Row {
  const make = SAMPLE_ROWS[table];
  if (make === undefined) throw new Error(`there is no sample row for ${table}: add one to SAMPLE_ROWS`);
  return { ...make(ids), ...over };
}

/** A valid row that is in nobody's way: whatever would be the key of a row that is there already is made anew. */
export function anotherRow(table: string, ids: RowIds): Row {
  const id = { projects: newId('prj'), databases: newId('db') }[table];
  return sampleRow(table, ids, id === undefined ? {} : { id });
}

export async function insertRow(sql: Sql, table: string, row: Row): Promise<void> {
  await sql`insert into ${sql(`headgate.${table}`)} ${sql(row)}`;
}

/** One row in each of these tables for an organization, put there by the owner of the schema. */
export async function seedOrganization(
  owner: Sql,
  tables: readonly string[],
  orgId: string,
): Promise<Required<RowIds>> {
  const ids = { orgId, projectId: newId('prj') as string, databaseId: newId('db') as string };
  const first = ['projects', 'databases'];
  const others = tables.filter((name) => !first.includes(name) && name !== MADE_WITH_A_PROJECT);
  for (const table of [...first, ...others]) {
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
