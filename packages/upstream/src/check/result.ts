import type { FailureCode } from '../codes.ts';
import type { Step } from '../error.ts';

/** The steps of a check: those on the way to a server, and for a replica whether it follows its primary. */
export const CHECK_NAMES = ['name', 'address', 'reach', 'tls', 'login', 'server', 'replica'] as const;
export type CheckName = Step | 'replica';

export const CHECK_OUTCOMES = ['passed', 'warned', 'failed', 'skipped'] as const;
export type CheckOutcome = (typeof CHECK_OUTCOMES)[number];

/** How one step of a check went. */
export interface CheckStep {
  readonly name: CheckName;
  /**
   * `skipped` for what was not done: what comes after a failure, and `tls` where the connection stays plain. `warned`
   * when it went on, although not all could be found out.
   */
  readonly outcome: CheckOutcome;
  /** Whole milliseconds; 0 when it was skipped. */
  readonly durationMs: number;
  /** What went wrong, for programs; only of steps that failed or warned, like the two below. */
  readonly code?: FailureCode;
  readonly message?: string;
  readonly hint?: string;
}

/** What lets a server be told apart that is not PostgreSQL itself, but a pooler in front of it. */
export const POOLERS = ['pgbouncer', 'supavisor', 'neon', 'rds_proxy', 'unknown'] as const;
export type Pooler = (typeof POOLERS)[number];

/** An extension that matters to who pools and caches. */
export interface Extension {
  readonly name: string;
  readonly version: string;
}

/** What a server tells of itself. What it does not tell this role, or does not know, is left out. */
export interface ServerFacts {
  /** As people say it, such as `18.4`. */
  readonly version?: string;
  /** As `server_version_num` says it: 180004. */
  readonly versionNumber?: number;
  readonly inRecovery?: boolean;
  /** Such as `TLSv1.3`; absent for a plain connection. */
  readonly tls?: string;
  readonly maxConnections?: number;
  /** Kept for superusers and, since PostgreSQL 16, for `pg_use_reserved_connections`. */
  readonly reservedConnections?: number;
  /** Client connections of others, at that moment. */
  readonly usedConnections?: number;
  readonly walLevel?: string;
  readonly maxReplicationSlots?: number;
  readonly timeZone?: string;
  readonly extensions?: readonly Extension[];
  /** What answers in place of the server. */
  readonly pooler?: Pooler;
  /** The same for a primary and all that follows it. */
  readonly systemIdentifier?: string;
  /** Where the log of a primary stands, such as `0/3000148`. */
  readonly walPosition?: string;
  /** Of a replica: what it has received and not replayed, or lacks of its primary where that is known. */
  readonly replicationLagBytes?: number;
  /** Of a replica: the age of what was replayed last; null when it has replayed all that it received. */
  readonly replicationLagSeconds?: number | null;
}

export const BUDGET_STATES = ['fits', 'tight', 'exceeds'] as const;

/** What a server lets us open, against what our pools may open together. All are counts of connections. */
export interface ConnectionBudget {
  readonly maxConnections: number;
  readonly reserved: number;
  /** By others than us, at that moment. */
  readonly used: number;
  /** Absent when the role, or the database, has no limit of its own. */
  readonly roleLimit?: number;
  readonly databaseLimit?: number;
  /** What is left for us, by the narrowest of these limits; never negative. */
  readonly available: number;
  /** What our pools may take together. */
  readonly wanted: number;
  readonly state: (typeof BUDGET_STATES)[number];
}

/** What its owner should know of a server that works. */
export type CheckWarningCode =
  | 'plain_connection'
  | 'superuser_role'
  | 'md5_password'
  | 'unsupported_version'
  | 'in_recovery'
  | 'behind_pooler'
  | 'pools_exceed_server'
  | 'pools_near_server';

export interface CheckWarning {
  readonly code: CheckWarningCode;
  readonly message: string;
}

export interface CheckResult {
  readonly ok: boolean;
  /** Whole milliseconds from the first step to readiness; null when it never was. */
  readonly latencyMs: number | null;
  /** Each step, in order: also those that were not come to. */
  readonly checks: readonly CheckStep[];
  /** Absent when the server was not reached, or told nothing. */
  readonly server?: ServerFacts;
  /** Absent when nothing is wanted, or the server does not tell its limits. */
  readonly budget?: ConnectionBudget;
  readonly warnings: readonly CheckWarning[];
  /** What is wrong, in a sentence to a person; only when it is not ok. */
  readonly error?: string;
}
