import { sql, type Kysely } from 'kysely';

/** From where a project's proxy host may be reached: a list of `{cidr, label?}` as it was given; null when never set. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table headgate.projects add column allowed_cidrs jsonb
      check (allowed_cidrs is null or (jsonb_typeof(allowed_cidrs) = 'array' and jsonb_array_length(allowed_cidrs) <= 50))
  `.execute(db);
}
