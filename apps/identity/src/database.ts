import { Kysely } from 'kysely';
import { PostgresJSDialect } from 'kysely-postgres-js';
import postgres from 'postgres';

/** The schema that holds every table of this service, beside those of the control plane. */
export const SCHEMA = 'identity';

const POOL_SIZE = 5;
const CONNECT_TIMEOUT_SECONDS = 5;
const IDLE_TIMEOUT_SECONDS = 60;
const STATEMENT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_SECONDS = 5;

/** Columns that this service's own statements touch. Better Auth owns the tables and their remaining columns. */
export interface IdentityTables {
  user: { id: string; name: string; email: string; emailVerified: boolean; createdAt: Date; updatedAt: Date };
  session: { id: string; userId: string };
  account: {
    id: string;
    userId: string;
    accountId: string;
    providerId: string;
    password: string | null;
    createdAt: Date;
    updatedAt: Date;
  };
  organization: { id: string; name: string; slug: string; createdAt: Date };
  member: { id: string; organizationId: string; userId: string; role: string; createdAt: Date };
  invitation: { id: string; organizationId: string; email: string };
  jwks: {
    id: string;
    publicKey: string;
    privateKey: string;
    alg: string | null | undefined;
    crv: string | null | undefined;
    createdAt: Date;
    expiresAt: Date | null | undefined;
  };
  rateLimit: { id: string; key: string; count: number; lastRequest: string };
}

/** Kysely bound to the `identity` schema. */
export type Database = Kysely<IdentityTables>;

/** An open pool and the way to close it. */
export interface DatabaseHandle {
  readonly db: Database;
  readonly close: () => Promise<void>;
}

/**
 * Opens a bounded pool. Nothing is dialled before the first statement.
 *
 * Every statement names the schema itself instead of leaning on `search_path`, so that a pooler that drops start
 * parameters can never send it to another schema's tables.
 */
export function openDatabase(url: string): DatabaseHandle {
  const sql = postgres(url, {
    max: POOL_SIZE,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    idle_timeout: IDLE_TIMEOUT_SECONDS,
    onnotice: () => {},
    connection: {
      application_name: 'headgate-identity',
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    },
  });
  const db = new Kysely<IdentityTables>({ dialect: new PostgresJSDialect({ postgres: sql }) }).withSchema(
    SCHEMA,
  );
  return { db, close: () => sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }) };
}
