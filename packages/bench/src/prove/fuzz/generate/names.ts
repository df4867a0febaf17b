/** What a request can name: the resources of one tenant, and what leads to a server that answers. */

export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/** One resource of each kind, by the path parameters that name them. */
export interface Ids {
  readonly org_id: string;
  readonly project_id: string;
  /** A database that requests may change as they like. */
  readonly database_id: string;
  readonly replica_id: string;
  readonly key_id: string;
  readonly query_hash: string;
  readonly domain_id: string;
  readonly certificate_id: string;
  readonly slot_id: string;
  readonly snapshot_id: string;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Names {
  readonly ids: Ids;
  /** The password of the database that requests may change. */
  readonly password: string;
  /** A database that stays where it is: on a server that answers. */
  readonly liveDatabaseId: string;
  /** Whom else to be there. */
  readonly otherLogin: Login;
  /** Where that server is, as requests write it. */
  readonly live: {
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly ssl_mode: 'disable';
  } & Login;
  /** The resources of another tenant. */
  readonly foreign: Ids;
  /** Registered certificates of the project that nothing of the fuzz deletes. */
  readonly certificates: { readonly ca: string; readonly client: string };
  /** PEM to be registered. */
  readonly authority: string;
  readonly clientCertificate: PemPair;
  /** A new password. */
  readonly secret: () => string;
}

/** The publications that the customer's server has: of all tables, and of one. */
export const PUBLICATIONS = { all: 'fuzz_all', one: 'fuzz_one', table: 'public.orders' } as const;

/** Operations that ask a customer's server: they are sent to the database that stays where it is. */
const LIVE = new Set([
  'testDatabaseConnection',
  'rotateDatabaseCredentials',
  'undoDatabaseCredentialsRotation',
  'introspectDatabase',
  'getDatabaseSchema',
  'listSchemaSnapshots',
  'diffDatabaseSchema',
  'getSchemaCatalog',
  'listReplicationSlots',
  'createReplicationSlot',
  'getReplicationSlot',
  'updateReplicationSlot',
  'deleteReplicationSlot',
  'restoreReplicationSlot',
]);

/** What a path parameter of an operation names. */
export function idFor(operationId: string, parameter: string, { ids, liveDatabaseId }: Names): string {
  if (parameter === 'database_id' && LIVE.has(operationId)) return liveDatabaseId;
  const id = ids[parameter as keyof Ids] as string | undefined;
  if (id === undefined) throw new Error(`nothing is known that ${parameter} could name`);
  return id;
}
