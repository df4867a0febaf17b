import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * The first answer to an idempotency key, kept until it expires. `fingerprint` is a keyed hash of the request: a
 * plain one would let a reader of the table try passwords. `answer` is text-preserving json, given again as it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.idempotency_records (
      actor_id text not null,
      key text not null check (char_length(key) between 1 and 255),
      org_id text not null,
      operation text not null,
      fingerprint text not null,
      answer json not null,
      created_at timestamptz not null,
      expires_at timestamptz not null check (expires_at > created_at),
      primary key (actor_id, key)
    )
  `.execute(db);
  await sql`create index idempotency_records_by_expiry on headgate.idempotency_records (expires_at)`.execute(
    db,
  );
  await wallOff(db, 'idempotency_records', { app: 'select, insert, delete', maintenance: 'select, delete' });
}
