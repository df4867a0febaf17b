import { query, type Databases } from '@headgate/db';
import { detectProvider } from '@headgate/upstream';
import type { Selectable } from 'kysely';
import type { Database, Provider } from '@headgate/schema';
import type { Settings } from '../context.ts';
import { proxyHost } from '../projects/row.ts';

/** The columns in which credentials lie: no view and no change needs them. */
type CredentialColumn = 'sealed_password' | 'sealing_key_id' | `staged_${string}` | `previous_${string}`;

/** A database as it is read. Its credentials stay where they are. */
export type DatabaseRow = Omit<Selectable<Databases>, Extract<keyof Databases, CredentialColumn>>;

export const selectDatabases = query
  .selectFrom('databases')
  .select([
    'id',
    'org_id',
    'project_id',
    'host',
    'port',
    'name',
    'username',
    'ssl_mode',
    'role',
    'pool_region',
    'query_timeout_ms',
    'auto_read_routing',
    'cache_enabled',
    'cache_ttl_seconds',
    'cache_max_entries',
    'cache_swr_seconds',
    'pool_size',
    'pool_min_size',
    'pool_mode',
    'pool_max_active',
    'ca_certificate_id',
    'client_certificate_id',
    'provider',
    'excluded_schemas',
    'password_id',
    'version',
    'created_at',
    'updated_at',
    'deleted_at',
    'deleted_with_project',
  ]);

/** Whether it is more than the blank primary that some clients make first. */
export function isConfigured(row: Pick<DatabaseRow, 'host'>): boolean {
  return row.host !== '';
}

/** Whose server it is: as it was given, or as the host tells. */
export function providerOf(row: Pick<DatabaseRow, 'provider' | 'host'>): Provider {
  return row.provider ?? detectProvider(row.host);
}

/** A database as its callers see it, built field by field. */
export function databaseView(row: DatabaseRow, settings: Settings): Database {
  return {
    id: row.id,
    project_id: row.project_id,
    ...(isConfigured(row) && { connection_string: connectionString(row, settings) }),
    host: row.host,
    port: row.port,
    name: row.name,
    username: row.username,
    ssl_mode: row.ssl_mode,
    ...(row.ca_certificate_id !== null && { ca_certificate_id: row.ca_certificate_id }),
    ...(row.client_certificate_id !== null && { client_certificate_id: row.client_certificate_id }),
    ...(isConfigured(row) && { provider: providerOf(row) }),
    ...(row.excluded_schemas !== null && { excluded_schemas: row.excluded_schemas }),
    ...(row.role !== null && { role: row.role }),
    ...(row.pool_region !== null && { pool_region: row.pool_region }),
    ...(row.query_timeout_ms !== null && { query_timeout_ms: row.query_timeout_ms }),
    ...(row.auto_read_routing !== null && { auto_read_routing: row.auto_read_routing }),
    cache_config: {
      enabled: row.cache_enabled,
      ttl_seconds: row.cache_ttl_seconds,
      max_entries: row.cache_max_entries,
      swr_seconds: row.cache_swr_seconds,
    },
    pool_config: {
      pool_size: row.pool_size,
      min_pool_size: row.pool_min_size,
      pool_mode: row.pool_mode,
      max_active: row.pool_max_active,
    },
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** The entity tag of a version (RFC 9110, section 8.8.3), for `ETag` and what `If-Match` is held against. */
export function databaseEtag(row: Pick<DatabaseRow, 'version'>): string {
  return `"${row.version}"`;
}

/** A connection URI (PostgreSQL manual, section 32.1.1.2) to the data plane, for the application to put its password in. */
function connectionString(row: DatabaseRow, settings: Settings): string {
  const user = encodeURIComponent(row.username);
  const database = encodeURIComponent(row.name);
  return `postgresql://${user}:YOUR_PASSWORD@${proxyHost(row.project_id, settings)}:${settings.proxyPort}/${database}`;
}
