import { sql, type Kysely } from 'kysely';

/**
 * How often each caller has asked of late, when several instances count together. Belongs to no tenant and outlives no
 * crash: counts that are lost cost nobody anything.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create unlogged table headgate.rate_limits (
      key varchar(255) primary key,
      points integer not null default 0,
      expire bigint
    )
  `.execute(db);
  await sql`create index rate_limits_by_expiry on headgate.rate_limits (expire)`.execute(db);
  await sql`grant select, insert, update, delete on headgate.rate_limits to headgate_app`.execute(db);
}
