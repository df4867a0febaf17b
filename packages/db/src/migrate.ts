import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { PostgresJSDialect } from 'kysely-postgres-js';
import postgres from 'postgres';
import { MIGRATIONS } from './migrations/index.ts';

/** Our own place in the space of advisory locks (PostgreSQL manual, section 13.3.5): any fixed number will do. */
const MIGRATION_LOCK = 4_801_374_229;
/** An instance that starts waits this long for another's migration. */
const LOCK_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_SECONDS = 10;
const CLOSE_TIMEOUT_SECONDS = 5;

type Sql = ReturnType<typeof postgres>;

/**
 * Brings the database at `url` to the newest schema, as the role of the URL, which owns what it makes. Any number of
 * instances may call it at once: one migrates, the others wait and find nothing left to do. A schema that is ahead
 * of this program (a newer release has migrated, and this is a roll-back) is left as it is.
 *
 * @returns the names of the migrations that this call applied
 * @throws the database's error when a migration fails; then none of this call's migrations are kept
 */
export async function migrate(url: string): Promise<string[]> {
  const sql = postgres(url, {
    max: 2,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => {},
    connection: { application_name: 'headgate-migrate', lock_timeout: LOCK_TIMEOUT_MS },
  });
  try {
    if ((await pendingMigrations(sql)).length === 0) return [];
    const lock = await sql.reserve();
    try {
      await lock`select pg_advisory_lock(${MIGRATION_LOCK})`;
      // Whoever held the lock before may have done the work.
      if ((await pendingMigrations(sql)).length === 0) return [];
      return await migrateToLatest(sql);
    } finally {
      await lock`select pg_advisory_unlock_all()`;
      lock.release();
    }
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

/** The migrations of this program that the database has not had yet. */
export async function pendingMigrations(sql: Sql): Promise<string[]> {
  const names = Object.keys(MIGRATIONS);
  const [found] = await sql`select to_regclass('headgate.migrations') is not null as migrated`;
  if (found?.['migrated'] !== true) return names;
  const applied = await sql<{ name: string }[]>`select name from headgate.migrations`;
  const done = new Set(applied.map((row) => row.name));
  return names.filter((name) => !done.has(name));
}

async function migrateToLatest(sql: Sql): Promise<string[]> {
  await sql`create schema if not exists headgate`;
  // The pool is ours: Kysely may use it, and must not end it.
  const db = new Kysely<unknown>({ dialect: new PostgresJSDialect({ postgres: sql }) });
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(MIGRATIONS) },
    migrationTableSchema: 'headgate',
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined)
    throw error instanceof Error ? error : new Error('migration failed', { cause: error });
  return (results ?? []).map((result) => result.migrationName);
}
