/** A valid request for every operation, by operationId. The suites that go over all operations start from these. */
import { newId } from '@headgate/schema';
import {
  apiKeyInput,
  certificateInput,
  customDomainInput,
  databaseInput,
  projectInput,
  registerSlot,
  registerSnapshot,
  serverConnection,
  slotInput,
  type TestActor,
} from '@headgate/testing';
import { OPERATIONS } from './contract.ts';
import type { TestApi } from './harness.ts';

/** One resource of each kind, of one tenant. */
export interface SampleIds {
  readonly orgId: string;
  readonly projectId: string;
  readonly databaseId: string;
  readonly replicaId: string;
  readonly keyId: string;
  readonly queryHash: string;
  readonly domainId: string;
  readonly certificateId: string;
  readonly slotId: string;
  readonly snapshotId: string;
}

/** Well-formed ids that name nothing. */
export function missingIds(): SampleIds {
  return {
    orgId: 'org_missing',
    projectId: newId('prj'),
    databaseId: newId('db'),
    replicaId: newId('rep'),
    keyId: newId('key'),
    queryHash: 'f'.repeat(16),
    domainId: newId('dom'),
    certificateId: newId('cert'),
    slotId: newId('slot'),
    snapshotId: newId('snap'),
  };
}

/** Makes one resource of each kind, in a project of its own. */
export async function createResources(api: TestApi, as: TestActor): Promise<SampleIds> {
  const { id: projectId } = await api.createProject(as);
  const { id: databaseId } = await api.createDatabase(as, projectId);
  const replicaId = await createReplica(api, as, databaseId);
  const queryHash = await createRule(api, as, { projectId, databaseId });
  const keyId = await createKey(api, as);
  const domainId = await createDomain(api, as, projectId);
  const certificateId = await createCertificate(api, as, projectId);
  const place = { orgId: as.orgId, projectId, databaseId };
  const slotId = await registerSlot(api.store, { ...place, now: api.clock.now() });
  const snapshotId = await registerSnapshot(api.store, { ...place, now: api.clock.now() });
  return { ...place, replicaId, queryHash, keyId, domainId, certificateId, slotId, snapshotId };
}

/** Makes an API key of a person's own. */
export async function createKey(api: TestApi, as: Pick<TestActor, 'orgId' | 'token'>): Promise<string> {
  const path = `/v1/organizations/${as.orgId}/api-keys`;
  const { body } = await api.send<{ id: string }>('POST', path, { token: as.token, body: apiKeyInput() });
  return body.id;
}

/** Makes a cache rule of a database. */
async function createRule(
  api: TestApi,
  as: TestActor,
  ids: Pick<SampleIds, 'projectId' | 'databaseId'>,
): Promise<string> {
  const body = { sql: "SELECT name FROM countries WHERE code = 'CH'", cache_enabled: true };
  const path = `/v1/projects/${ids.projectId}/databases/${ids.databaseId}/cache-rules`;
  const answer = await api.send<{ entry: { query_hash: string } }>('POST', path, { as, body });
  return answer.body.entry.query_hash;
}

/** Makes a custom domain of a project. */
async function createDomain(api: TestApi, as: TestActor, projectId: string): Promise<string> {
  const path = `/v1/projects/${projectId}/domains`;
  return (await api.send<{ id: string }>('POST', path, { as, body: customDomainInput() })).body.id;
}

/** Adds an authority to a project. */
async function createCertificate(api: TestApi, as: TestActor, projectId: string): Promise<string> {
  const path = `/v1/projects/${projectId}/certificates`;
  return (await api.send<{ id: string }>('POST', path, { as, body: CERTIFICATE_INPUT })).body.id;
}

/** Made once: a key takes its time. */
const CERTIFICATE_INPUT = await certificateInput();

/** Makes a replica of a database. */
async function createReplica(api: TestApi, as: TestActor, databaseId: string): Promise<string> {
  const path = `/v1/databases/${databaseId}/replicas`;
  return (await api.send<{ id: string }>('POST', path, { as, body: REPLICA_INPUT })).body.id;
}

const SAME_PLACE = { host: 'db.example.com', port: 5432 };
const REPLICA_INPUT = { host: 'replica.example.com', port: 5432 };

export interface SampleRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

type Sample = (ids: SampleIds) => Omit<SampleRequest, 'method'>;

const project = ({ projectId }: SampleIds) => `/v1/projects/${projectId}`;
const keys = ({ orgId }: SampleIds) => `/v1/organizations/${orgId}/api-keys`;
const domain = (ids: SampleIds) => `${project(ids)}/domains/${ids.domainId}`;
const certificates = (ids: SampleIds) => `${project(ids)}/certificates`;
const certificate = (ids: SampleIds) => `${certificates(ids)}/${ids.certificateId}`;
const database = (ids: SampleIds) => `${project(ids)}/databases/${ids.databaseId}`;
const slots = (ids: SampleIds) => `${database(ids)}/replication-slots`;
const slot = (ids: SampleIds) => `${slots(ids)}/${ids.slotId}`;
const cacheRule = (ids: SampleIds) => `${database(ids)}/cache-rules/${ids.queryHash}`;
const replicas = ({ databaseId }: SampleIds) => `/v1/databases/${databaseId}/replicas`;
const replica = (ids: SampleIds) => `${replicas(ids)}/${ids.replicaId}`;

export const SAMPLES: Record<string, Sample> = {
  getHealth: () => ({ path: '/v1/health' }),
  getLiveness: () => ({ path: '/livez' }),
  getReadiness: () => ({ path: '/readyz' }),
  listRegions: () => ({ path: '/v1/regions' }),
  getOrganizationAuditLog: ({ orgId }) => ({ path: `/v1/organizations/${orgId}/audit-log` }),
  exportOrganizationAuditLog: ({ orgId }) => ({ path: `/v1/organizations/${orgId}/audit-log/export` }),
  verifyOrganizationAuditLog: ({ orgId }) => ({ path: `/v1/organizations/${orgId}/audit-log/verify` }),
  getProjectAuditLog: (ids) => ({ path: `${project(ids)}/audit-log` }),
  exportProjectAuditLog: (ids) => ({ path: `${project(ids)}/audit-log/export` }),
  listOrganizations: () => ({ path: '/v1/organizations' }),
  getOrganizationLimits: ({ orgId }) => ({ path: `/v1/organizations/${orgId}/limits` }),
  listProjects: ({ orgId }) => ({ path: `/v1/projects?org_id=${orgId}` }),
  createProject: ({ orgId }) => ({ path: '/v1/projects', body: projectInput(orgId) }),
  getProject: (ids) => ({ path: project(ids) }),
  updateProject: (ids) => ({ path: project(ids), body: { description: 'changed' } }),
  deleteProject: (ids) => ({ path: project(ids) }),
  restoreProject: (ids) => ({ path: `${project(ids)}/restore` }),
  listDatabases: (ids) => ({ path: `${project(ids)}/databases` }),
  createDatabase: (ids) => ({ path: `${project(ids)}/databases`, body: databaseInput() }),
  getDatabase: (ids) => ({ path: database(ids) }),
  updateDatabase: (ids) => ({ path: database(ids), body: { pool_config: { pool_size: 20 } } }),
  deleteDatabase: (ids) => ({ path: database(ids) }),
  introspectDatabase: (ids) => ({ path: `${database(ids)}/introspect` }),
  getDatabaseSchema: (ids) => ({ path: `${database(ids)}/schema?snapshot_id=${ids.snapshotId}` }),
  diffDatabaseSchema: (ids) => ({
    path: `${database(ids)}/schema/diff?from=${ids.snapshotId}&to=${ids.snapshotId}`,
  }),
  listSchemaSnapshots: (ids) => ({ path: `${database(ids)}/schema/snapshots` }),
  getSchemaCatalog: (ids) => ({ path: `${database(ids)}/schema-catalog` }),
  listApiKeys: (ids) => ({ path: keys(ids) }),
  createApiKey: (ids) => ({ path: keys(ids), body: apiKeyInput() }),
  getApiKey: (ids) => ({ path: `${keys(ids)}/${ids.keyId}` }),
  revokeApiKey: (ids) => ({ path: `${keys(ids)}/${ids.keyId}` }),
  rotateDatabaseCredentials: (ids) => ({
    path: `${database(ids)}/rotate-credentials`,
    body: { password: serverConnection().password },
  }),
  undoDatabaseCredentialsRotation: (ids) => ({ path: `${database(ids)}/rotate-credentials/undo` }),
  restoreDatabase: (ids) => ({ path: `${database(ids)}/restore` }),
  listCacheRules: (ids) => ({ path: `${database(ids)}/cache-rules` }),
  createCacheRule: (ids) => ({
    path: `${database(ids)}/cache-rules`,
    body: { sql: 'SELECT code FROM currencies', cache_enabled: true },
  }),
  updateCacheRule: (ids) => ({ path: cacheRule(ids), body: { cache_enabled: false } }),
  deleteCacheRule: (ids) => ({ path: cacheRule(ids) }),
  testDatabaseConnection: (ids) => ({ path: `${database(ids)}/test-connection` }),
  testDatabaseRegistration: (ids) => ({
    path: `${project(ids)}/databases/test-connection`,
    body: databaseInput(),
  }),
  testReplicaConnection: (ids) => ({ path: `${replica(ids)}/test-connection` }),
  // A replica where its database is: nobody has to give the password.
  testReplicaRegistration: (ids) => ({ path: `${replicas(ids)}/test-connection`, body: SAME_PLACE }),
  listReplicas: (ids) => ({ path: replicas(ids) }),
  createReplica: (ids) => ({ path: replicas(ids), body: SAME_PLACE }),
  getReplica: (ids) => ({ path: replica(ids) }),
  updateReplica: (ids) => ({ path: replica(ids), body: { ssl_mode: 'verify-full' } }),
  deleteReplica: (ids) => ({ path: replica(ids) }),
  restoreReplica: (ids) => ({ path: `${replica(ids)}/restore` }),
  listReplicationSlots: (ids) => ({ path: slots(ids) }),
  createReplicationSlot: (ids) => ({
    path: slots(ids),
    body: { ...slotInput(), create_if_missing: true },
  }),
  getReplicationSlot: (ids) => ({ path: slot(ids) }),
  updateReplicationSlot: (ids) => ({ path: slot(ids), body: { status: 'disabled' } }),
  deleteReplicationSlot: (ids) => ({ path: slot(ids) }),
  restoreReplicationSlot: (ids) => ({ path: `${slot(ids)}/restore` }),
  listCertificates: (ids) => ({ path: certificates(ids) }),
  createCertificate: (ids) => ({ path: certificates(ids), body: CERTIFICATE_INPUT }),
  getCertificate: (ids) => ({ path: certificate(ids) }),
  deleteCertificate: (ids) => ({ path: certificate(ids) }),
  restoreCertificate: (ids) => ({ path: `${certificate(ids)}/restore` }),
  listCustomDomains: (ids) => ({ path: `${project(ids)}/domains` }),
  createCustomDomain: (ids) => ({ path: `${project(ids)}/domains`, body: customDomainInput() }),
  getCustomDomain: (ids) => ({ path: domain(ids) }),
  verifyCustomDomain: (ids) => ({ path: `${domain(ids)}/verify` }),
  deleteCustomDomain: (ids) => ({ path: domain(ids) }),
  restoreCustomDomain: (ids) => ({ path: `${domain(ids)}/restore` }),
};

/** The sample request of an operation; a new operation has to be added above before any suite over all of them passes. */
export function sampleRequest(operationId: string, ids: SampleIds): SampleRequest {
  const operation = OPERATIONS.find((each) => each.operationId === operationId);
  const sample = SAMPLES[operationId];
  if (operation === undefined || sample === undefined)
    throw new Error(`there is no sample request for ${operationId}`);
  return { method: operation.method.toUpperCase(), ...sample(ids) };
}
