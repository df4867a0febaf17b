import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * Entries of an organization form a chain: each gets a position and a hash over itself and the hash before it, once,
 * shortly after it was committed, so that writers never wait for each other's place. The last link is written down
 * under a key of the vault. Until an entry is chained, a keyed hash that is written with it says that it is ours; those
 * written before have none and are never chained. Entries now also tell of what belongs to no project, and of what keys and operators did.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table headgate.audit_entries
      alter column project_id drop not null,
      drop constraint audit_entries_actor_kind_check,
      drop constraint audit_entries_resource_kind_check,
      add constraint audit_entries_actor_kind_check check (actor_kind in ('user', 'api_key', 'operator')),
      add constraint audit_entries_resource_kind_check check (resource_kind in
        ('organization', 'project', 'database', 'replica', 'cache_rule', 'custom_domain', 'api_key')),
      add column position bigint check (position >= 1),
      add column previous_hash text,
      add column hash text,
      add column mac text,
      add constraint chained_as_a_whole check (num_nulls(position, previous_hash, hash) in (0, 3))
  `.execute(db);
  await sql`
    create unique index audit_entries_by_position on headgate.audit_entries (org_id, position)
    where position is not null
  `.execute(db);
  await sql`
    create index audit_entries_unchained on headgate.audit_entries (org_id, created_at, id)
    where position is null and mac is not null
  `.execute(db);
  await sql`
    create index audit_entries_before_chain on headgate.audit_entries (org_id) where mac is null
  `.execute(db);
  // What is asked of the log of an organization most: what one of its people did, what became of one thing, and how
  // often something was done. Without them, whoever asks for something rare goes through all there is.
  for (const [name, column] of [
    ['audit_entries_by_actor', 'actor_id'],
    ['audit_entries_by_resource', 'resource_id'],
    ['audit_entries_by_action', 'action'],
  ] as const) {
    await sql`
      create index ${sql.id(name)} on headgate.audit_entries (org_id, ${sql.id(column)}, created_at desc, id desc)
    `.execute(db);
  }
  await sql`grant update (position, previous_hash, hash) on headgate.audit_entries to headgate_app`.execute(
    db,
  );
  await sql`
    create policy chained_once on headgate.audit_entries as restrictive for update to headgate_app
    using (position is null and mac is not null) with check (position is not null)
  `.execute(db);
  await sql`
    create table headgate.audit_chains (
      org_id text primary key,
      length bigint not null check (length >= 0),
      hash text not null,
      seal text not null
    )
  `.execute(db);
  await wallOff(db, 'audit_chains', { app: 'select, insert, update', maintenance: 'select, update (seal)' });
}
