import type { Row } from '../connection.ts';

const WAL_STATUSES = ['reserved', 'extended', 'unreserved', 'lost'] as const;
const INVALIDATION_REASONS = [
  'wal_removed',
  'rows_removed',
  'wal_level_insufficient',
  'idle_timeout',
] as const;

/**
 * A row of `pg_replication_slots` (PostgreSQL manual, section 53.20). It holds numbers, positions in the log and words
 * that are known: nothing that a server could say what it likes in.
 */
export interface SlotRow {
  readonly isLogical: boolean;
  /** Whether its plugin is pgoutput. */
  readonly isPgoutput: boolean;
  /** Whether it reads the database that was connected to. */
  readonly isOfDatabase: boolean;
  readonly isTemporary: boolean;
  /** Whether it is a standby's copy of one of its primary. */
  readonly isSynced: boolean;
  readonly isActive: boolean;
  readonly activePid: number | undefined;
  /** Such as `0/16B3748`. */
  readonly restartLsn: string | undefined;
  readonly confirmedFlushLsn: string | undefined;
  /** Undefined before PostgreSQL 13. */
  readonly walStatus: (typeof WAL_STATUSES)[number] | undefined;
  /** How many bytes may still be written before it can be lost; undefined where there is no such limit. */
  readonly safeWalSizeBytes: number | undefined;
  readonly isInvalidated: boolean;
  /** Undefined where the server does not say why, as before PostgreSQL 17. */
  readonly invalidationReason: (typeof INVALIDATION_REASONS)[number] | undefined;
}

/** What is asked of a slot `s`, as one object, since older servers do not have all the columns. */
export const SLOT_COLUMNS = [
  'slot_type',
  'plugin',
  'temporary',
  'synced',
  'active',
  'active_pid',
  'restart_lsn',
  'confirmed_flush_lsn',
  'wal_status',
  'safe_wal_size',
  'conflicting',
  'invalidation_reason',
]
  .map((column) => `to_jsonb(s) ->> '${column}' as ${column}`)
  .concat('s.database = current_database() as of_database')
  .join(', ');

/** Reads it from a row of `SLOT_COLUMNS`; undefined when there is no slot. */
export function toSlotRow(row: Row): SlotRow | undefined {
  const type = row['slot_type'] ?? null;
  if (type === null) return undefined;
  const reason = oneOf(INVALIDATION_REASONS, row['invalidation_reason']);
  const walStatus = oneOf(WAL_STATUSES, row['wal_status']);
  return {
    isLogical: type === 'logical',
    isPgoutput: row['plugin'] === 'pgoutput',
    isOfDatabase: row['of_database'] === 't',
    isTemporary: row['temporary'] === 'true',
    isSynced: row['synced'] === 'true',
    isActive: row['active'] === 'true',
    activePid: toNumber(row['active_pid']),
    restartLsn: toLsn(row['restart_lsn']),
    confirmedFlushLsn: toLsn(row['confirmed_flush_lsn']),
    walStatus,
    safeWalSizeBytes: toNumber(row['safe_wal_size']),
    isInvalidated:
      walStatus === 'lost' || row['conflicting'] === 'true' || (row['invalidation_reason'] ?? null) !== null,
    invalidationReason: reason,
  };
}

function oneOf<const T extends readonly string[]>(
  values: T,
  value: string | null | undefined,
): T[number] | undefined {
  return values.find((each) => each === value);
}

/** A whole number; undefined for none, and for what is no such number. */
export function toNumber(value: string | null | undefined): number | undefined {
  const number = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A position in the log (PostgreSQL manual, section 8.20). */
function toLsn(value: string | null | undefined): string | undefined {
  return /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/.test(value ?? '') ? (value ?? undefined) : undefined;
}
