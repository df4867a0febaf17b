import { sql, type Kysely } from 'kysely';

/**
 * What a database needs to be reached for real: certificates, whose server it is, which schemas are looked at; and the
 * credentials that come after those in force (staged, for the moment that a rotation takes) and came before them
 * (previous, for as long as they can be put back). A certificate that is gone for good leaves the deleted databases that
 * named it without one.
 *
 * `password_id` names a password: another one whenever another is stored, the same when it is sealed under another key
 * or changes places. `approved_password_id` of a replica is the one that may be sent there, and null where any may.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table headgate.databases
      add column ca_certificate_id text,
      add column client_certificate_id text,
      add column provider text check (provider in
        ('postgresql', 'supabase', 'neon', 'aws', 'gcp', 'azure', 'digitalocean', 'local')),
      add column excluded_schemas text[] check (cardinality(excluded_schemas) <= 100),
      add column password_id text,
      add column staged_username text check (char_length(staged_username) between 1 and 255),
      add column staged_sealed_password text,
      add column staged_sealing_key_id text,
      add column staged_password_id text,
      add column staged_at timestamptz,
      add column previous_username text check (char_length(previous_username) between 1 and 255),
      add column previous_sealed_password text,
      add column previous_sealing_key_id text,
      add column previous_password_id text,
      add column previous_until timestamptz,
      add constraint staged_as_a_whole check (
        (staged_username is null) = (staged_sealed_password is null)
        and (staged_username is null) = (staged_sealing_key_id is null)
        and (staged_username is null) = (staged_password_id is null)
        and (staged_username is null) = (staged_at is null)
      ),
      add constraint previous_as_a_whole check (
        (previous_username is null) = (previous_sealed_password is null)
        and (previous_username is null) = (previous_sealing_key_id is null)
        and (previous_username is null) = (previous_password_id is null)
        and (previous_username is null) = (previous_until is null)
      )
  `.execute(db);
  await namePasswords(db);
  await sql`
    alter table headgate.replicas
      add column ca_certificate_id text,
      add column client_certificate_id text,
      add column approved_password_id text
  `.execute(db);
  for (const table of ['databases', 'replicas']) {
    const name = sql.id('headgate', table);
    for (const column of ['ca_certificate_id', 'client_certificate_id']) {
      await sql`
        alter table ${name} add foreign key (${sql.id(column)}, project_id, org_id)
        references headgate.certificates (id, project_id, org_id) on delete set null (${sql.id(column)})
      `.execute(db);
      await sql`
        create index ${sql.id(`${table}_by_${column.replace('_id', '')}`)} on ${name} (${sql.id(column)})
        where ${sql.id(column)} is not null
      `.execute(db);
    }
  }
  for (const column of ['staged_at', 'previous_until']) {
    await sql`
      create index ${sql.id(`databases_by_${column}`)} on headgate.databases (${sql.id(column)})
      where ${sql.id(column)} is not null
    `.execute(db);
  }
  for (const column of ['staged_sealing_key_id', 'previous_sealing_key_id']) {
    await sql`
      create index ${sql.id(`databases_by_${column.replace('_id', '')}`)} on headgate.databases (${sql.id(column)}, id)
      where ${sql.id(column)} is not null
    `.execute(db);
  }
  await sql`
    grant update (staged_username, staged_sealed_password, staged_sealing_key_id, staged_password_id, staged_at,
      previous_username, previous_sealed_password, previous_sealing_key_id, previous_password_id, previous_until)
    on headgate.databases to headgate_maintenance
  `.execute(db);
}

/**
 * Names the passwords that are stored already. The wall would hide their rows from the owner of the table, who is let
 * behind it for this one statement and in this transaction alone (PostgreSQL manual, section 5.9).
 */
async function namePasswords(db: Kysely<unknown>): Promise<void> {
  await sql`alter table headgate.databases no force row level security`.execute(db);
  await sql`
    update headgate.databases set password_id = gen_random_uuid()::text where sealed_password is not null
  `.execute(db);
  await sql`alter table headgate.databases force row level security`.execute(db);
  await sql`
    alter table headgate.databases
      add constraint password_has_a_name check ((sealed_password is null) = (password_id is null))
  `.execute(db);
}
