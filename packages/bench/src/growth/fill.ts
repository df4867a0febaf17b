/** Fills the tables of a migrated service, within PostgreSQL: a hundred thousand rows take seconds. */
import type { Sql } from 'postgres';
import { DATABASE } from '../seed.ts';
import { IN_SQL, ORGANIZATION, REPLICAS_PER_DATABASE, replicatedDatabases, type Layout } from './layout.ts';

/** Rows of one table: what is the same in all, and what is computed of the number `i` of each. */
export interface Rows {
  readonly table: string;
  readonly first: number;
  /** Behind the last one. */
  readonly end: number;
  readonly same: Readonly<Record<string, unknown>>;
  /** Expressions of SQL by column. */
  readonly each: Readonly<Record<string, string>>;
}

export async function insertRows(sql: Sql, { table, first, end, same, each }: Rows): Promise<void> {
  const columns = [...Object.keys(same), ...Object.keys(each)].join(', ');
  const values = [...Object.keys(same).map((column) => `same.${column}`), ...Object.values(each)].join(', ');
  await sql.unsafe(
    `insert into headgate.${table} (${columns}) select ${values}
     from jsonb_populate_record(null::headgate.${table}, $1) as same, generate_series($2::integer, $3::integer) as i`,
    [same as never, first, end - 1],
  );
}

/** A second between one and the next, as if they had been made over time. */
const madeAt = (count: number, index = 'i') => `now() - (${count} - (${index})) * interval '1 second'`;
const AUDITED_ACTORS = 50;
/** Of so many entries, one tells of something rare. */
const RARE_EVERY = 100;
export const RARE_ACTION = 'database.delete';
const HASH = 'f'.repeat(64);
/** Far behind all positions that the service itself gives while it is measured. */
const FIRST_POSITION = 1_000_000_000;
const COMMON = { org_id: ORGANIZATION, version: 1 };

/** Fills a service according to its layout, and leaves its statistics as autovacuum would. */
export async function fill(sql: Sql, layout: Layout): Promise<void> {
  await insertProjects(sql, layout.projects + 1);
  await insertDatabases(sql, layout, { first: 0, end: layout.databases });
  await insertReplicas(sql, layout);
  await insertAuditEntries(sql, layout);
  await insertRecords(sql, layout);
  await sql`vacuum analyze`;
}

async function insertProjects(sql: Sql, count: number): Promise<void> {
  await insertRows(sql, {
    ...{ table: 'projects', first: 0, end: count },
    same: { ...COMMON, cloud: 'aws', self_hosted: false, status: 'active' },
    each: {
      ...{ id: IN_SQL.id('prj'), name: `'project ' || i` },
      ...{ created_at: madeAt(count), updated_at: madeAt(count) },
    },
  });
}

interface Range {
  readonly first: number;
  readonly end: number;
  /** When they were deleted, in SQL; living ones unless given. */
  readonly deletedAt?: string;
}

export async function insertDatabases(
  sql: Sql,
  layout: Layout,
  { first, end, deletedAt }: Range,
): Promise<void> {
  await insertRows(sql, {
    ...{ table: 'databases', first, end },
    same: { ...COMMON, ...DATABASE, deleted_with_project: false },
    each: {
      ...{ id: IN_SQL.id('db'), project_id: IN_SQL.id('prj', IN_SQL.projectOf(layout)) },
      ...{ created_at: madeAt(end), updated_at: madeAt(end) },
      ...(deletedAt !== undefined && { deleted_at: deletedAt }),
    },
  });
}

async function insertReplicas(sql: Sql, layout: Layout): Promise<void> {
  const count = replicatedDatabases(layout);
  for (let replica = 0; replica < REPLICAS_PER_DATABASE; replica += 1) {
    const project = IN_SQL.projectOf(layout, IN_SQL.replicatedDatabase);
    await insertRows(sql, {
      ...{ table: 'replicas', first: 0, end: count },
      same: { ...COMMON, host: `replica-${replica}.example.com`, port: 5432, ssl_mode: 'verify-full' },
      each: {
        id: IN_SQL.id('rep', `i * ${REPLICAS_PER_DATABASE} + ${replica}`),
        database_id: IN_SQL.id('db', IN_SQL.replicatedDatabase),
        project_id: IN_SQL.id('prj', project),
        ...{ created_at: madeAt(count), updated_at: madeAt(count) },
      },
    });
  }
}

/** An entry for each database, in a chain that has its length and not its hashes: nobody verifies this one. */
async function insertAuditEntries(sql: Sql, layout: Layout): Promise<void> {
  const { databases } = layout;
  const { sealed_password: _password, ...view } = DATABASE;
  await insertRows(sql, {
    ...{ table: 'audit_entries', first: 0, end: databases },
    same: {
      ...{ org_id: ORGANIZATION, actor_kind: 'user', resource_kind: 'database', address: '192.0.2.1' },
      ...{ request_id: '00000000-0000-4000-8000-000000000000', after: view },
      ...{ previous_hash: HASH, hash: HASH, mac: `headgate-2026-11-21-00000000:${'x'.repeat(43)}` },
    },
    each: {
      ...{ id: IN_SQL.id('aud'), project_id: IN_SQL.id('prj', IN_SQL.projectOf(layout)) },
      ...{ actor_id: `'user_' || i % ${AUDITED_ACTORS}`, resource_id: IN_SQL.id('db') },
      action: `case when i % ${RARE_EVERY} = 0 then '${RARE_ACTION}' else 'database.create' end`,
      ...{ created_at: madeAt(databases), position: `${FIRST_POSITION} + i` },
    },
  });
}

/** The answers of a day in which one database in ten was changed. */
async function insertRecords(sql: Sql, { databases }: Layout): Promise<void> {
  await insertRows(sql, {
    ...{ table: 'idempotency_records', first: 0, end: databases / 10 },
    same: {
      ...{ org_id: ORGANIZATION, actor_kind: 'user', actor_id: 'user_growth', operation: 'database.create' },
      ...{ fingerprint: 'x'.repeat(60), answer: { view: DATABASE } },
    },
    each: { key: `'key ' || i`, created_at: 'now()', expires_at: `now() + interval '1 day'` },
  });
}
