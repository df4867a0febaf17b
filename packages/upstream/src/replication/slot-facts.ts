import { ServerError, type Connection } from '../connection.ts';
import { SLOT_COLUMNS, toNumber, toSlotRow, type SlotRow } from './slot-row.ts';

/** A slot and a publication, by their names on the server. */
export interface SlotNames {
  readonly slot: string;
  readonly publication: string;
}

/** What a server tells of itself, and of a slot and a publication. */
export interface SlotFacts {
  /** As `server_version_num` says it: 180004. */
  readonly versionNumber: number;
  readonly inRecovery: boolean;
  /** The object identifier of the database: the same on a primary and on all that follows it. */
  readonly databaseOid: string;
  readonly isWalLogical: boolean;
  readonly sendsFeedback: boolean;
  readonly maxReplicationSlots: number;
  readonly maxWalSenders: number;
  readonly usedReplicationSlots: number;
  /** Whether the role may use slots: by its attribute, or by a role that its provider has for that. */
  readonly mayReplicate: boolean;
  /** The process that answers, which poolers change. */
  readonly processId: number | undefined;
  /** The same for a primary and all that follows it; undefined where the role is not told. */
  readonly systemIdentifier: string | undefined;
  /** Undefined when there is no such slot. */
  readonly slot: SlotRow | undefined;
  /** How many bytes of WAL come after what the slot's reader has confirmed. */
  readonly lagBytes: number | undefined;
  readonly hasPublication: boolean;
  /**
   * Whether the publication is surely as old as all that the slot may still read: its row was committed before the
   * oldest transaction whose catalog the slot needs. What is not surely older need not be newer: the slots of a server
   * hold one another's horizon back. Undefined unless both are there.
   */
  readonly isPublicationOlder: boolean | undefined;
}

/** Roles of providers whose members may use slots without the attribute: of RDS and Aurora, and of Neon. */
const PROVIDERS_ROLES = "'rds_replication', 'rds_superuser', 'neon_superuser'";

/**
 * All in one statement, which a transaction-mode pooler lets through. A standby's log is where it has been replayed to.
 * Ages are compared and not transaction ids, which start anew after 2^32.
 */
const FACTS = `
select current_setting('server_version_num') as version_number, pg_is_in_recovery() as in_recovery,
  (select oid from pg_catalog.pg_database where datname = current_database()) as database_oid,
  current_setting('wal_level') as wal_level, current_setting('hot_standby_feedback') as hot_standby_feedback,
  current_setting('max_replication_slots') as max_replication_slots,
  current_setting('max_wal_senders') as max_wal_senders, pg_backend_pid() as process_id,
  (select count(*) from pg_catalog.pg_replication_slots) as used_replication_slots,
  exists (
    select from pg_catalog.pg_roles r where r.rolname = current_user and (r.rolsuper or r.rolreplication)
    union all
    select from pg_catalog.pg_roles r
    where r.rolname in (${PROVIDERS_ROLES}) and pg_has_role(current_user, r.oid, 'member')
  ) as may_replicate,
  pg_wal_lsn_diff(
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
    s.confirmed_flush_lsn
  ) as lag_bytes,
  p.pubname is not null as has_publication,
  age(p.xmin) > age(s.catalog_xmin) as is_publication_older,
  ${SLOT_COLUMNS}
from (values (1)) as one
left join pg_catalog.pg_replication_slots s on s.slot_name = $1
left join pg_catalog.pg_publication p on p.pubname = $2`;

/**
 * Asks a server for all that decides whether a slot of it can be used with a publication.
 *
 * @throws ServerError, UpstreamError as `Connection.query` does
 */
export async function readSlotFacts(
  connection: Connection,
  { slot, publication }: SlotNames,
): Promise<SlotFacts> {
  const [row = {}] = await connection.query(FACTS, [slot, publication]);
  const older = row['is_publication_older'] ?? null;
  const lag = toNumber(row['lag_bytes']);
  return {
    versionNumber: toNumber(row['version_number']) ?? 0,
    inRecovery: row['in_recovery'] === 't',
    databaseOid: row['database_oid'] ?? '',
    isWalLogical: row['wal_level'] === 'logical',
    sendsFeedback: row['hot_standby_feedback'] === 'on',
    maxReplicationSlots: toNumber(row['max_replication_slots']) ?? 0,
    maxWalSenders: toNumber(row['max_wal_senders']) ?? 0,
    usedReplicationSlots: toNumber(row['used_replication_slots']) ?? 0,
    mayReplicate: row['may_replicate'] === 't',
    processId: toNumber(row['process_id']),
    systemIdentifier: await readSystemIdentifier(connection),
    slot: toSlotRow(row),
    // A reader may have confirmed what came after the position that was read.
    lagBytes: lag === undefined ? undefined : Math.max(0, lag),
    hasPublication: row['has_publication'] === 't',
    isPublicationOlder: older === null ? undefined : older === 't',
  };
}

/** Some servers do not have this function, or refuse it to the role. */
async function readSystemIdentifier(connection: Connection): Promise<string | undefined> {
  try {
    const [row] = await connection.query('select system_identifier from pg_catalog.pg_control_system()');
    const identifier = row?.['system_identifier'] ?? '';
    return /^[0-9]{1,20}$/.test(identifier) ? identifier : undefined;
  } catch (error) {
    if (error instanceof ServerError) return undefined;
    throw error;
  }
}
