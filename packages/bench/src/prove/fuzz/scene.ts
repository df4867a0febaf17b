/** One tenant with a resource of each kind, and how what the fuzz takes away is put back. */
import type { Chance } from '../chance.ts';
import type { Evidence } from '../evidence.ts';
import type { Case } from './generate/case.ts';
import type { Ids, Login, Names, PemPair } from './generate/names.ts';
import { isObject } from './generate/sites.ts';
import { createMakers, type Kind } from './scene-makers.ts';
import { isDone, type Exchange } from './send/exchange.ts';

/** What all tenants share. */
export interface Surroundings {
  readonly live: Names['live'];
  readonly otherLogin: Login;
  readonly authority: string;
  readonly clientCertificate: PemPair;
  readonly evidence: Evidence;
}

export type Call = (method: string, target: string, body?: unknown) => Promise<Exchange>;

export interface Scene {
  readonly names: () => Omit<Names, 'foreign'>;
  /** A key that may do whatever its maker may, and that nothing of the fuzz revokes. */
  readonly apiKey: string;
  /**
   * Puts back what an operation has taken away, and adopts what has come in its place.
   *
   * @throws Error when that is refused
   */
  readonly mend: (done: Pick<Case, 'operation'>, exchange: Exchange) => Promise<void>;
}

interface Setting {
  readonly orgId: string;
  readonly surroundings: Surroundings;
  readonly chance: Chance;
}

/** What an operation takes away that is made anew; the rest is restored. */
const TAKEN_BY: Readonly<Record<string, Kind>> = {
  deleteReplica: 'replica_id',
  revokeApiKey: 'key_id',
  deleteCacheRule: 'query_hash',
  deleteCustomDomain: 'domain_id',
  deleteCertificate: 'certificate_id',
  deleteReplicationSlot: 'slot_id',
};

/** Makes one of each kind. @throws Error when something is refused that must not be */
export async function setScene(call: Call, { orgId, surroundings, chance }: Setting): Promise<Scene> {
  const { live, authority, clientCertificate, evidence } = surroundings;
  const make = maker(call);
  const projectId = await make('/v1/projects', { name: 'fuzz', org_id: orgId });
  const project = `/v1/projects/${projectId}`;
  let password = evidence.secret();
  const databaseId = await make(`${project}/databases`, { ...live, host: 'db.example.com', password });
  const liveDatabaseId = await make(`${project}/databases`, live);
  const makers = createMakers(make, { orgId, projectId, databaseId, liveDatabaseId, authority, chance });
  const certificates = {
    ca: await makers.certificate_id(),
    client: await make(`${project}/certificates`, {
      ...{ name: 'client', kind: 'client', certificate: clientCertificate.certificate },
      private_key: clientCertificate.key,
    }),
  };
  let ids: Ids = {
    ...{ org_id: orgId, project_id: projectId, database_id: databaseId },
    ...(await makeAll(makers)),
    snapshot_id: await make(`${project}/databases/${liveDatabaseId}/introspect`),
  };
  // Whom the live database is, and whom it is to be next.
  const { username, password: loginPassword } = live;
  let logins: readonly [Login, Login] = [{ username, password: loginPassword }, surroundings.otherLogin];
  const names = { liveDatabaseId, certificates, authority, clientCertificate, secret: evidence.secret };
  return {
    apiKey: await keyOf(call, orgId),
    names: () => ({ ...names, ids, password, live: { ...live, ...logins[0] }, otherLogin: logins[1] }),
    mend: async ({ operation }, exchange) => {
      if (operation === undefined || !isDone(exchange)) return;
      if (operation.id === 'introspectDatabase') ids = { ...ids, snapshot_id: idOf(exchange.body) };
      if (operation.id === 'updateDatabase') password = await passwordOf(call, { projectId, databaseId });
      if (operation.id.includes('Credentials')) logins = [logins[1], logins[0]];
      await restore(call, operation.id, { ids, liveDatabaseId });
      const kind = TAKEN_BY[operation.id];
      if (kind !== undefined) ids = { ...ids, [kind]: await makers[kind]() };
    },
  };
}

/** Makes something and says what it is called. */
function maker(call: Call) {
  return async (target: string, body?: unknown): Promise<string> => {
    const { answer, body: made } = await call('POST', target, body);
    if (answer?.status !== 201)
      throw new Error(`POST ${target} is answered with ${answer?.status}: ${answer?.body.toString()}`);
    return idOf(made);
  };
}

async function makeAll(makers: Readonly<Record<Kind, () => Promise<string>>>): Promise<Record<Kind, string>> {
  const made: Partial<Record<Kind, string>> = {};
  for (const kind of Object.keys(makers) as Kind[]) made[kind] = await makers[kind]();
  return made as Record<Kind, string>;
}

/** All that a key can be allowed, as the contract lists it. */
const SCOPES = [
  ...[
    'projects:read',
    'projects:write',
    'databases:read',
    'databases:write',
    'domains:read',
    'domains:write',
  ],
  ...['secrets:read', 'keys:read', 'keys:write', 'audit:read'],
];

async function keyOf(call: Call, orgId: string): Promise<string> {
  const { body } = await call('POST', `/v1/organizations/${orgId}/api-keys`, {
    name: 'caller',
    scopes: SCOPES,
  });
  return String(isObject(body) ? body['api_key'] : undefined);
}

async function passwordOf(
  call: Call,
  { projectId, databaseId }: { readonly projectId: string; readonly databaseId: string },
): Promise<string> {
  const { body } = await call('GET', `/v1/projects/${projectId}/databases/${databaseId}?show_sensitive=true`);
  return String(isObject(body) ? body['password'] : undefined);
}

/** Brings back what an operation has deleted and others stand on. */
async function restore(
  call: Call,
  operationId: string,
  { ids, liveDatabaseId }: { readonly ids: Ids; readonly liveDatabaseId: string },
): Promise<void> {
  const project = `/v1/projects/${ids.project_id}`;
  const slot = `${project}/databases/${liveDatabaseId}/replication-slots/${ids.slot_id}`;
  const target = {
    deleteProject: project,
    deleteDatabase: `${project}/databases/${ids.database_id}`,
    deleteReplicationSlot: slot,
  }[operationId];
  if (target === undefined) return;
  const { answer } = await call('POST', `${target}/restore`);
  if (answer?.status !== 200) throw new Error(`what was deleted is not restored: ${answer?.body.toString()}`);
  // Of a slot what is left on the customer's server goes too: it has room for few.
  if (target === slot) await call('DELETE', `${slot}?drop=true`);
}

/** What an answer tells of what was made. */
function idOf(body: unknown): string {
  const fields = isObject(body) ? body : {};
  const inner = [fields['project'], fields['entry'], fields].find(isObject) ?? {};
  return String(inner['id'] ?? inner['query_hash']);
}
