/** The kinds of resources that the traffic is about, one by one. */
import type { Kind, View } from '../kept.ts';

export type { Kind, Making } from '../kept.ts';

type Common = Pick<
  Kind,
  'changeMethod' | 'unwrap' | 'idOf' | 'auditId' | 'isRestored' | 'end' | 'isReadAlone'
>;

const COMMON: Common = {
  changeMethod: 'PATCH',
  unwrap: (body) => body,
  idOf: (view) => String(view['id']),
  auditId: (id) => id,
  ...{ isRestored: true, end: 'delete', isReadAlone: true },
};

export const PROJECT: Kind = {
  ...COMMON,
  ...{ name: 'project', action: 'project', list: 'projects' },
  collection: () => '/v1/projects',
  input: ({ orgId, serial }) => ({ body: { name: `project-${serial}`, org_id: orgId } }),
  change: (_view, { serial }) => ({
    body: { description: `as of ${serial}` },
    view: { description: `as of ${serial}` },
  }),
  unwrap: (body) => (body['project'] ?? body) as View,
};

const MAX_POOL_SIZE = 100;

export const DATABASE: Kind = {
  ...COMMON,
  ...{ name: 'database', action: 'database', list: 'databases' },
  collection: (_orgId, parent) => `/v1/projects/${parent?.id}/databases`,
  input: ({ serial, secret }) => {
    const password = secret();
    const server = { host: 'db.example.com', port: 5432, username: 'myuser', password };
    return { body: { ...server, name: `database_${serial}` }, secret: password };
  },
  change: (view, { serial, secret }) => {
    const password = secret();
    if (serial % 3 === 0) return { body: { password }, view: {}, secret: password };
    const before = view['pool_config'] as { pool_size: number };
    const pool_size = (before.pool_size % MAX_POOL_SIZE) + 1;
    return { body: { pool_config: { pool_size } }, view: { pool_config: { ...before, pool_size } } };
  },
};

const MAX_PORT = 65_535;

export const REPLICA: Kind = {
  ...COMMON,
  ...{ name: 'replica', action: 'replica', list: 'replicas' },
  collection: (_orgId, parent) => `/v1/databases/${parent?.id}/replicas`,
  input: ({ serial }) => ({ body: { host: `replica-${serial}.example.com`, port: 5432 } }),
  change: (view) => {
    const port = ((view['port'] as number) % MAX_PORT) + 1;
    return { body: { port }, view: { port } };
  },
};

const MAX_TTL_SECONDS = 86_400;

export const CACHE_RULE: Kind = {
  ...COMMON,
  ...{ name: 'cache_rule', action: 'cacheRule', list: 'entries' },
  collection: (_orgId, parent) => `/v1/projects/${parent?.parent?.id}/databases/${parent?.id}/cache-rules`,
  input: ({ serial }) => ({
    body: { sql: `select name from table_${serial} where code = 1`, cache_enabled: true },
  }),
  change: (view) => {
    const cache_ttl_seconds = (Number(view['cache_ttl_seconds'] ?? 0) % MAX_TTL_SECONDS) + 1;
    return { body: { cache_enabled: true, cache_ttl_seconds }, view: { cache_ttl_seconds } };
  },
  changeMethod: 'PUT',
  unwrap: (body) => (body['entry'] ?? body) as View,
  idOf: (view) => String(view['query_hash']),
  auditId: (id, parent) => `${parent?.id}/${id}`,
  ...{ isRestored: false, isReadAlone: false },
};

/** All that a key may be used for: those who act with one do what those do who act with a token. */
export const ALL_SCOPES = [
  ...['projects:read', 'projects:write', 'databases:read', 'databases:write'],
  ...['secrets:read', 'keys:read', 'keys:write', 'audit:read'],
];

export const API_KEY: Kind = {
  ...COMMON,
  ...{ name: 'api_key', action: 'apiKey', list: 'api_keys' },
  collection: (orgId) => `/v1/organizations/${orgId}/api-keys`,
  input: ({ serial }) => ({ body: { name: `key-${serial}`, scopes: ALL_SCOPES } }),
  ...{ isRestored: false, end: 'revoke' },
};
