/** The kinds of resources that the traffic is about: where they lie, and what is sent to make and change them. */
import type { Kept, View } from '../ledger.ts';

export type KindName = 'project' | 'database' | 'replica' | 'cache_rule' | 'api_key';

/** What inputs are made of. */
export interface Making {
  readonly orgId: string;
  /** Part of every name, so that each is there once. */
  readonly serial: number;
  /** A new password, with the mark of the evidence. */
  readonly secret: () => string;
}

interface Change {
  readonly body: object;
  /** The fields that its answer has anew. */
  readonly view: View;
  readonly secret?: string;
}

export interface Kind {
  /** As the audit log has it. */
  readonly name: KindName;
  /** The first half of its actions' names. */
  readonly action: string;
  /** The field of a list's answer. */
  readonly list: string;
  /** Where those of a parent lie; undefined stands for the organization. */
  readonly collection: (orgId: string, parent: Kept | undefined) => string;
  /** What to make one of: the password among it is given by itself too. */
  readonly input: (making: Making) => { readonly body: object; readonly secret?: string };
  /** A change that is one, whatever it was before. Undefined where nothing can be changed. */
  readonly change?: (view: View, making: Making) => Change;
  readonly changeMethod: 'PATCH' | 'PUT';
  /** The view in an answer that wraps it. */
  readonly unwrap: (body: View) => View;
  readonly idOf: (view: View) => string;
  /** Its id in the audit log. */
  readonly auditId: (id: string, parent: Kept | undefined) => string;
  readonly isRestored: boolean;
  /** What takes it away. */
  readonly end: 'delete' | 'revoke';
  /** Whether one of it is read by itself, not in the list alone. */
  readonly isReadAlone: boolean;
}

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
