import { z } from '@hono/zod-openapi';
import { body, boolean, ignored, integer, oneOf, text, timestamp } from '../fields.ts';
import {
  MAX_DATABASE_NAME_CHARS,
  MAX_PASSWORD_CHARS,
  MAX_PORT,
  MAX_QUERY_TIMEOUT_MS,
  MAX_REGION_ID_CHARS,
  MAX_USERNAME_CHARS,
  MIN_PORT,
} from '../limits.ts';
import { secret, shownSecret } from '../secrets.ts';
import { CacheConfig, CacheConfigInput, DEFAULT_CACHE_CONFIG } from './cache-config.ts';
import { host } from './host.ts';
import { DEFAULT_POOL_CONFIG, PoolConfig, PoolConfigInput } from './pool-config.ts';

/** As libpq means them (PostgreSQL manual, section 32.19.1). */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export const DEFAULT_SSL_MODE = 'verify-full';
export const DATABASE_ROLES = ['primary', 'replica'] as const;

export const SslMode = oneOf(SSL_MODES).openapi('SSLMode', {
  description: 'How the connection to the upstream is encrypted and verified, exactly as libpq means it.',
});
const DatabaseRole = oneOf(DATABASE_ROLES).openapi('DatabaseRole', {
  description: 'What the database is for; primary when it was never set.',
});

const connection = {
  host: host(),
  port: integer(MIN_PORT, MAX_PORT).openapi({ example: 5432 }),
  name: text({ min: 1, max: MAX_DATABASE_NAME_CHARS }).openapi({
    description: "The database's name on the upstream.",
    example: 'mydb',
  }),
  username: text({ min: 1, max: MAX_USERNAME_CHARS }).openapi({ example: 'myuser' }),
  password: secret('password', text({ min: 1, max: MAX_PASSWORD_CHARS })).openapi({
    description: 'Sealed at rest, and shown to nobody who does not ask for it and may see it.',
    example: 'pa$$word',
  }),
};

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

/** The request of `createDatabase`. */
export const CreateDatabase = body({
  ...connection,
  ssl_mode: SslMode.optional(),
  role: DatabaseRole.optional(),
  pool_region: poolRegion.optional(),
  query_timeout_ms: settings.query_timeout_ms.optional(),
  auto_read_routing: settings.auto_read_routing.optional(),
  cache_config: settings.cache_config.optional(),
  pool_config: settings.pool_config.optional(),
}).openapi('CreateDatabaseRequest', {
  example: { host: 'db.example.com', port: 5432, name: 'mydb', username: 'myuser', password: 'pa$$word' },
});
export type CreateDatabase = z.infer<typeof CreateDatabase>;

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
  ssl_mode: oneOf([...SSL_MODES, '']).openapi({ description: 'An SSLMode; `""` changes nothing.' }),
  role: oneOf([...DATABASE_ROLES, '']).openapi({ description: 'A DatabaseRole; `""` changes nothing.' }),
  pool_region: poolRegion.openapi({ description: 'One of the regions of `listRegions`; `""` unsets it.' }),
  ...settings,
  id: ignored,
  project_id: ignored,
  connection_string: ignored,
  created_at: ignored,
  updated_at: ignored,
})
  .partial()
  .openapi('UpdateDatabaseRequest', { example: { pool_config: { pool_size: 20 } } });
export type UpdateDatabase = z.infer<typeof UpdateDatabase>;

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
    role: DatabaseRole.optional(),
    pool_region: z.string().optional(),
    query_timeout_ms: settings.query_timeout_ms.optional(),
    auto_read_routing: settings.auto_read_routing.optional(),
    cache_config: CacheConfig,
    pool_config: PoolConfig,
    created_at: timestamp(),
    updated_at: timestamp(),
  })
  .openapi('Database', { example: DATABASE_EXAMPLE });
export type Database = z.infer<typeof Database>;

/** What `getDatabase` answers: no other operation may show a password. */
export const RevealedDatabase = Database.extend({
  password: shownSecret('password', z.string()).optional().openapi({
    description: 'Only where it is asked for with `show_sensitive=true`, and the database has one.',
  }),
}).openapi('RevealedDatabase', { example: DATABASE_EXAMPLE });

export const DatabaseList = z
  .object({ databases: z.array(Database), next_page_token: z.string().optional() })
  .openapi('ListDatabasesResponse', { example: { databases: [DATABASE_EXAMPLE] } });
export type DatabaseList = z.infer<typeof DatabaseList>;
