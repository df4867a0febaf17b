import { sql } from 'kysely';
import type { BetterAuthOptions } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { SCHEMA, type Database } from './database.ts';

/** "identity.migrate" as a number: the advisory lock that lets one instance migrate while the others wait. */
const MIGRATION_LOCK = 7_166_001;
const MIGRATION_TIMEOUT = '120s';

/**
 * Brings the `identity` schema to what the options need, in one transaction: all of it or nothing.
 *
 * Any number of instances may call it at once; the first does the work and the others find it done.
 */
export async function migrate(db: Database, options: BetterAuthOptions): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // Waiting for the lock counts as a running statement.
    await sql`select set_config('statement_timeout', ${MIGRATION_TIMEOUT}, true)`.execute(trx);
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(trx);
    const plan = await planOn(trx, options);
    await plan.runMigrations();
  });
}

/** Whether the database is reachable and nothing is left to migrate. Rejects when it is not reachable. */
export async function isMigrated(db: Database, options: BetterAuthOptions): Promise<boolean> {
  const plan = await planOn(db, options);
  return plan.toBeCreated.length + plan.toBeAdded.length + plan.toBeAddedIndexes.length === 0;
}

/**
 * Better Auth's own plan, made over the given connection. It is made in silence: with every plan it would warn that
 * its own bigint column is not a "number". What cannot be migrated safely throws all the same.
 */
function planOn(db: Database, options: BetterAuthOptions) {
  return getMigrations({
    ...options,
    database: { db, type: 'postgres', schemaName: SCHEMA },
    logger: { disabled: true },
  });
}
