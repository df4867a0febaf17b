/** What can be wrong with a replication slot and its publication, each with what its owner can do about it. */
export const SLOT_FAILURE_HINTS = {
  wal_level_not_logical:
    'Set wal_level = logical (on RDS and Aurora rds.logical_replication = 1, on Cloud SQL cloudsql.logical_decoding = on) and restart the server. A standby needs it on its primary and on itself.',
  no_replication_slots: 'Set max_replication_slots above 0 and restart the server.',
  slots_exhausted:
    'Drop a slot that nobody needs with pg_drop_replication_slot, or raise max_replication_slots and restart the server.',
  no_wal_senders: 'Set max_wal_senders above 0 and restart the server: a slot is read through one.',
  not_replication_role:
    'Let the role use slots: ALTER ROLE … REPLICATION, or on RDS and Aurora GRANT rds_replication TO ….',
  publication_missing:
    'Create it with CREATE PUBLICATION, and the slot after it; or ask for both with create_if_missing.',
  publication_lacks_tables:
    'Add the tables with ALTER PUBLICATION … ADD TABLE, or name another publication. One that is there is never changed here.',
  publication_newer_than_slot:
    'Take a slot that is made after the publication: name another slot, or drop this one and ask for it with create_if_missing.',
  publication_not_permitted:
    'A publication of all tables needs a superuser. One of named tables needs CREATE on the database and the ownership of each table: list them in tables.',
  publication_refused:
    'Only permanent tables can be published: no views, no foreign, temporary or unlogged tables.',
  table_missing: 'Write each name with its schema, in double quotes where it has capitals: public.orders.',
  slot_missing:
    "Create it with pg_create_logical_replication_slot('…', 'pgoutput'), after the publication; or ask for it with create_if_missing.",
  slot_other_database:
    'A logical slot reads one database. Name a slot of this one, or register that database.',
  slot_wrong_plugin: 'Name a slot that was made with the plugin pgoutput.',
  slot_is_physical: 'Name a logical slot. A physical one carries a standby and no changes of rows.',
  slot_is_temporary: 'A temporary slot ends with the session that made it. Make one that stays.',
  slot_is_synced:
    'This slot is a copy that the standby keeps of one of its primary, and cannot be read here. Register that one, or name another slot.',
  slot_invalidated:
    'The server has thrown away what the slot needs. Drop it, make a new one, and copy the tables anew.',
  slot_active: 'Something reads the slot. Stop that first, then drop the slot.',
  slot_refused: 'The server refused it. Its log may say more.',
  slot_creation_timeout:
    'A slot waits for every transaction that was writing when it was begun. Let long transactions end, and try again. On a standby it also waits for its primary to write: grant its role EXECUTE on pg_log_standby_snapshot().',
  standby_lags: 'The standby is behind its primary. Try again when it has caught up.',
  standby_needs_primary:
    'The server is a standby: give its primary too, where publications are made and which knows what it needs.',
  standby_too_old: 'Slots of a standby need PostgreSQL 16 or later. Register the primary instead.',
  primary_not_needed: 'The server is no standby. Leave primary out.',
  primary_is_not_primary: 'The server in primary is a standby itself. Give the one that it follows.',
  primary_other_database: 'Publications belong to one database. Give in primary the name of the same one.',
  other_cluster: 'These are servers of different clusters. Check host and port of both.',
  slot_query_refused:
    'The role may not read what tells of slots and publications. The message says what the server said.',
} as const satisfies Record<string, string>;
