import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * Keys of programs. Of the key itself only a hash is kept; it holds 256 random bits, so that a plain one is enough.
 * Members are users with the role that the issuer's newest token tells of them; null when they have left. Who presents a
 * key is shown its row, and its owner's, before it is known whose tenant it is; and who presents a token may say what it
 * tells of its user, in whatever organizations: these are the policies beside the tenants'.
 *
 * Idempotency records learn of what kind their actor is: a key's id and a user's are not of one space.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createApiKeys(db);
  await createMembers(db);
  await sql`
    alter table headgate.idempotency_records
      add column actor_kind text not null default 'user' check (actor_kind in ('user', 'api_key', 'operator')),
      drop constraint idempotency_records_pkey,
      add primary key (actor_kind, actor_id, key),
      add column sealed_secret text
  `.execute(db);
  await sql`alter table headgate.idempotency_records alter column actor_kind drop default`.execute(db);
}

async function createApiKeys(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.api_keys (
      id text primary key check (id ~ '^key_[0-7][0-9a-hjkmnp-tv-z]{25}$'),
      org_id text not null check (char_length(org_id) between 1 and 255),
      project_id text,
      name text not null check (char_length(name) between 1 and 100),
      hash text not null unique check (hash ~ '^[0-9a-f]{64}$'),
      hint text not null,
      scopes text[] not null check (cardinality(scopes) >= 1),
      owner_id text not null,
      parent_key_id text references headgate.api_keys (id) on delete set null,
      expires_at timestamptz check (expires_at > created_at),
      last_used_at timestamptz,
      revoked_at timestamptz,
      version integer not null default 1 check (version >= 1),
      created_at timestamptz not null,
      updated_at timestamptz not null check (updated_at >= created_at),
      foreign key (project_id, org_id) references headgate.projects (id, org_id) on delete cascade
    )
  `.execute(db);
  await sql`
    create index api_keys_by_age on headgate.api_keys (org_id, created_at desc, id desc) where revoked_at is null
  `.execute(db);
  await sql`create index api_keys_of_parent on headgate.api_keys (parent_key_id)`.execute(db);
  await sql`create index api_keys_of_project on headgate.api_keys (project_id)`.execute(db);
  await sql`create index api_keys_revoked on headgate.api_keys (revoked_at) where revoked_at is not null`.execute(
    db,
  );
  await sql`create index api_keys_by_expiry on headgate.api_keys (expires_at) where expires_at is not null`.execute(
    db,
  );
  await wallOff(db, 'api_keys', {
    app: 'select, insert, update (revoked_at, version, updated_at)',
    maintenance: 'select, delete, update (last_used_at)',
  });
  await sql`
    create function headgate.presented_key() returns text
    language sql stable parallel safe
    return nullif(current_setting('headgate.presented_key', true), '')
  `.execute(db);
  await sql`
    comment on function headgate.presented_key() is
    'The hash of the API key that the caller of the current statement holds; null where none was presented.'
  `.execute(db);
  await sql`
    create policy bearer on headgate.api_keys for select to headgate_app
    using (hash = (select headgate.presented_key()))
  `.execute(db);
}

async function createMembers(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.members (
      org_id text not null check (char_length(org_id) between 1 and 255),
      user_id text not null check (char_length(user_id) between 1 and 255),
      role text check (role in ('owner', 'admin', 'member', 'viewer')),
      told_at timestamptz not null,
      primary key (user_id, org_id)
    )
  `.execute(db);
  await wallOff(db, 'members', { app: 'select, insert, update', maintenance: 'select' });
  await sql`
    create policy bearer on headgate.members for select to headgate_app
    using (exists (
      select from headgate.api_keys as key
      where key.hash = (select headgate.presented_key())
        and key.owner_id = members.user_id and key.org_id = members.org_id
    ))
  `.execute(db);
  await sql`
    create function headgate.presented_user() returns text
    language sql stable parallel safe
    return nullif(current_setting('headgate.presented_user', true), '')
  `.execute(db);
  await sql`
    comment on function headgate.presented_user() is
    'The user whose token the caller of the current transaction holds; null where none was presented.'
  `.execute(db);
  await sql`
    create policy self on headgate.members to headgate_app
    using (user_id = (select headgate.presented_user()))
    with check (user_id = (select headgate.presented_user()))
  `.execute(db);
}
