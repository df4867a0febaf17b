import type { Compilable } from 'kysely';
import postgres, { type Sql } from 'postgres';
import { pendingMigrations } from './migrate.ts';
import {
  execute,
  readBehindWall,
  transactBehindWall,
  type TenantTransaction,
  type Tenants,
} from './tenant-wall.ts';

const CONNECT_TIMEOUT_SECONDS = 5;
const STATEMENT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 4_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
/** A connection is replaced in time for a failover or a changed address to be noticed. */
const MAX_LIFETIME_SECONDS = 30 * 60;
const CLOSE_TIMEOUT_SECONDS = 5;
const MAINTENANCE_CONNECTIONS = 1;

export interface StoreOptions {
  readonly url: string;
  /** How many connections tenants' requests share. */
  readonly maxConnections: number;
}

/** The metadata database, behind the tenant wall. */
export interface Store {
  /** Runs one read for these tenants; rows of others do not exist for it. */
  read<T>(tenants: Tenants, query: Compilable<T>): Promise<T[]>;
  /**
   * Runs `work` in one transaction for these tenants. Transactions with the same `oneAtATime` wait for each other.
   */
  transact<R>(
    options: { readonly tenants: Tenants; readonly oneAtATime?: string | undefined },
    work: (transaction: TenantTransaction) => Promise<R>,
  ): Promise<R>;
  /** Runs one statement of upkeep, which belongs to no tenant and sees all of them. */
  maintain<T>(query: Compilable<T>): Promise<T[]>;
  /** Fails unless the database answers and has had all migrations. */
  checkReady(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store. Connections are made when first needed. */
export function openStore({ url, maxConnections }: StoreOptions): Store {
  const app = connect(url, 'headgate_app', maxConnections);
  const maintenance = connect(url, 'headgate_maintenance', MAINTENANCE_CONNECTIONS);
  let isMigrated = false;
  return {
    read: async (tenants, query) => await readBehindWall(app, tenants, query),
    transact: async (options, work) => await transactBehindWall(app, options, work),
    maintain: async (query) => {
      const compiled = query.compile();
      return await execute(maintenance, compiled.sql, compiled.parameters);
    },
    checkReady: async () => {
      if (isMigrated) {
        await app`select 1`;
        return;
      }
      const pending = await pendingMigrations(maintenance);
      if (pending.length > 0) throw new Error(`migrations are pending: ${pending.join(', ')}`);
      isMigrated = true;
    },
    close: async () => {
      await Promise.all([
        app.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
        maintenance.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
      ]);
    },
  };
}

function connect(url: string, role: string, max: number): Sql {
  return postgres(url, {
    max,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    max_lifetime: MAX_LIFETIME_SECONDS,
    onnotice: () => {},
    connection: {
      role,
      application_name: 'headgate',
      search_path: 'headgate',
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
  });
}
