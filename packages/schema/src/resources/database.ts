import { z } from '@hono/zod-openapi';
import { body, boolean, ignored, integer, oneOf, text, timestamp } from '../fields.ts';
import { MAX_PORT, MAX_QUERY_TIMEOUT_MS, MAX_REGION_ID_CHARS } from '../limits.ts';
import { shownSecret } from '../secrets.ts';
import { CacheConfig, CacheConfigInput, DEFAULT_CACHE_CONFIG } from './cache-config.ts';
import {
  DEFAULT_SSL_MODE,
  ExcludedSchemas,
  IN_ANY_OBJECT,
  ONE_WAY,
  ONE_WAY_AND_WHOLE,
  SslMode,
  SslModeChange,
  certificates,
  checkConnection,
  connection,
  url,
} from './connection.ts';
import { DEFAULT_POOL_CONFIG, PoolConfig, PoolConfigInput } from './pool-config.ts';
import { CreatedReplicationSlot, ReplicationSlotsInput } from './replication-slot.ts';
import { Warning } from './warning.ts';

export const DATABASE_ROLES = ['primary', 'replica'] as const;
/** Who runs the server: told by its host's name where that says it. */
export const PROVIDERS = [
  'postgresql',
  'supabase',
  'neon',
  'aws',
  'gcp',
  'azure',
  'digitalocean',
  'local',
] as const;
export type Provider = (typeof PROVIDERS)[number];

const DatabaseRole = oneOf(DATABASE_ROLES).openapi('DatabaseRole', {
  description: 'What the database is for; primary when it was never set.',
});

const ProviderName = oneOf(PROVIDERS).openapi('Provider', {
  description: 'Whose server it is: as it was given, or else as its host tells.',
});

const poolRegion = text({ max: MAX_REGION_ID_CHARS }).openapi({
  description: 'The region whose pool serves this database, one of those of `listRegions`; `""` means unset.',
});

const settings = {
  query_timeout_ms: integer(0, MAX_QUERY_TIMEOUT_MS).openapi({
    description: 'When a query is cancelled, in milliseconds; 0 means never, as when it was never set.',
  }),
  auto_read_routing: boolean().openapi({
    description: 'Whether reads may go to replicas; false when it was never set.',
  }),
  cache_config: CacheConfigInput,
  pool_config: PoolConfigInput,
};

/** What a new database is described by. */
const description = {
  ...connection,
  url,
  ssl_mode: SslMode,
  ...certificates,
  provider: ProviderName,
  excluded_schemas: ExcludedSchemas.nullable(),
  role: DatabaseRole,
  pool_region: poolRegion,
  ...settings,
};

const DESCRIPTION = {
  ...ONE_WAY_AND_WHOLE,
  description:
    'Where the database is stands in `url`, or in host, port, name, username and password; never in both.',
  example: { host: 'db.example.com', port: 5432, name: 'mydb', username: 'myuser', password: 'pa$$word' },
};

/** A new database, as it is made with its project and tested before it is made. */
export const CreateDatabase = body(description)
  .partial()
  .superRefine(checkConnection(true), IN_ANY_OBJECT)
  .openapi('DatabaseDescription', DESCRIPTION);
export type CreateDatabase = z.infer<typeof CreateDatabase>;

/** The request of `createDatabase`, which may come with replication slots. */
export const CreateDatabaseWithSlots = body({ ...description, replication_slots: ReplicationSlotsInput })
  .partial()
  .superRefine(checkConnection(true), IN_ANY_OBJECT)
  .openapi('CreateDatabaseRequest', DESCRIPTION);
export type CreateDatabaseWithSlots = z.infer<typeof CreateDatabaseWithSlots>;

/** What some clients send for a primary that they will describe later. */
export const BlankDatabase = body({
  host: z.literal(''),
  port: z.literal(0),
  name: z.literal(''),
  username: z.literal(''),
}).openapi('BlankDatabase', {
  description:
    'A primary that is not configured yet: exactly these four blank fields. It serves nothing until PATCH completes it.',
  example: { host: '', port: 0, name: '', username: '' },
});
export type BlankDatabase = z.infer<typeof BlankDatabase>;

/** The request of `updateDatabase`: what is left out stays as it is. */
export const UpdateDatabase = body({
  ...connection,
  url,
  ssl_mode: SslModeChange,
  ...certificates,
  provider: oneOf([...PROVIDERS, '']).openapi({
    description: 'Whose server it is; `""` leaves it to the host to tell.',
  }),
  excluded_schemas: ExcludedSchemas.nullable(),
  role: oneOf([...DATABASE_ROLES, '']).openapi({ description: 'A DatabaseRole; `""` changes nothing.' }),
  pool_region: poolRegion.openapi({ description: 'One of the regions of `listRegions`; `""` unsets it.' }),
  ...settings,
  id: ignored,
  project_id: ignored,
  connection_string: ignored,
  created_at: ignored,
  updated_at: ignored,
  warnings: ignored,
})
  .partial()
  .superRefine(checkConnection(false), IN_ANY_OBJECT)
  .openapi('UpdateDatabaseRequest', { ...ONE_WAY, example: { pool_config: { pool_size: 20 } } });
export type UpdateDatabase = z.infer<typeof UpdateDatabase>;

/** The request of `testDatabaseConnection`: of a change, what decides whether the upstream can be used. */
export const TestDatabaseConnection = body({
  ...connection,
  url,
  ssl_mode: SslModeChange,
  ...certificates,
  pool_config: settings.pool_config,
})
  .partial()
  .superRefine(checkConnection(false), IN_ANY_OBJECT)
  .openapi('TestDatabaseConnectionRequest', { ...ONE_WAY, example: { port: 6543, password: 'pa$$word' } });
export type TestDatabaseConnection = z.infer<typeof TestDatabaseConnection>;

/** The database that the reference shows wherever an answer holds one. */
export const DATABASE_EXAMPLE = {
  id: 'db_01h455vb4pex5vsknk084sn02q',
  project_id: 'prj_01h455vb4pex5vsknk084sn02r',
  connection_string: 'postgresql://myuser:YOUR_PASSWORD@prj-01h455vb4pex5vsknk084sn02r.localhost:6432/mydb',
  host: 'db.example.com',
  port: 5432,
  name: 'mydb',
  username: 'myuser',
  ssl_mode: DEFAULT_SSL_MODE,
  provider: 'postgresql',
  cache_config: DEFAULT_CACHE_CONFIG,
  pool_config: DEFAULT_POOL_CONFIG,
  created_at: '2026-11-21T08:30:00.000Z',
  updated_at: '2026-11-21T08:30:00.000Z',
};

/** A database in answers. What its owner never set is left out. */
export const Database = z
  .object({
    id: z.string(),
    project_id: z.string(),
    connection_string: z.string().optional().openapi({
      readOnly: true,
      description:
        'What applications connect to, with their own password in place of YOUR_PASSWORD. Absent until the database is configured.',
    }),
    host: z.string(),
    port: z.int().min(0).max(MAX_PORT).openapi({ description: '0 in a primary that is not configured yet.' }),
    name: z.string(),
    username: z.string(),
    ssl_mode: SslMode,
    ca_certificate_id: z.string().optional(),
    client_certificate_id: z.string().optional(),
    provider: ProviderName.optional(),
    excluded_schemas: ExcludedSchemas.optional(),
    role: DatabaseRole.optional(),
    pool_region: z.string().optional(),
    query_timeout_ms: settings.query_timeout_ms.optional(),
    auto_read_routing: settings.auto_read_routing.optional(),
    cache_config: CacheConfig,
    pool_config: PoolConfig,
    created_at: timestamp(),
    updated_at: timestamp(),
    warnings: z.array(Warning).optional().openapi({
      readOnly: true,
      description: 'What its owner should know of it; only where it was just made, changed or restored.',
    }),
  })
  .openapi('Database', { example: DATABASE_EXAMPLE });
export type Database = z.infer<typeof Database>;

/** What `getDatabase` answers: no other operation may show a password. */
export const RevealedDatabase = Database.extend({
  password: shownSecret('password', z.string()).optional().openapi({
    description: 'Only where it is asked for with `show_sensitive=true`, and the database has one.',
  }),
}).openapi('RevealedDatabase', { example: DATABASE_EXAMPLE });

/** What `createDatabase` answers. */
export const CreatedDatabase = Database.extend({
  replication_slots: z.array(CreatedReplicationSlot).optional().openapi({
    description: 'Those that were registered with it; left out when none were asked for.',
  }),
}).openapi('CreatedDatabase', { example: DATABASE_EXAMPLE });
export type CreatedDatabase = z.infer<typeof CreatedDatabase>;

export const DatabaseList = z
  .object({ databases: z.array(Database), next_page_token: z.string().optional() })
  .openapi('ListDatabasesResponse', { example: { databases: [DATABASE_EXAMPLE] } });
export type DatabaseList = z.infer<typeof DatabaseList>;
