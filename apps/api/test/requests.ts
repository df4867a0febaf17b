/** A valid request for every operation, by operationId. The suites that go over all operations start from these. */
import { newId } from '@headgate/schema';
import {
  apiKeyInput,
  customDomainInput,
  databaseInput,
  projectInput,
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
  return { orgId: as.orgId, projectId, databaseId, replicaId, queryHash, keyId, domainId };
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

/** Makes a replica of a database. */
async function createReplica(api: TestApi, as: TestActor, databaseId: string): Promise<string> {
  const path = `/v1/databases/${databaseId}/replicas`;
  return (await api.send<{ id: string }>('POST', path, { as, body: REPLICA_INPUT })).body.id;
}

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
const database = (ids: SampleIds) => `${project(ids)}/databases/${ids.databaseId}`;
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
  listApiKeys: (ids) => ({ path: keys(ids) }),
  createApiKey: (ids) => ({ path: keys(ids), body: apiKeyInput() }),
  getApiKey: (ids) => ({ path: `${keys(ids)}/${ids.keyId}` }),
  revokeApiKey: (ids) => ({ path: `${keys(ids)}/${ids.keyId}` }),
  restoreDatabase: (ids) => ({ path: `${database(ids)}/restore` }),
  listCacheRules: (ids) => ({ path: `${database(ids)}/cache-rules` }),
  createCacheRule: (ids) => ({
    path: `${database(ids)}/cache-rules`,
    body: { sql: 'SELECT code FROM currencies', cache_enabled: true },
  }),
  updateCacheRule: (ids) => ({ path: cacheRule(ids), body: { cache_enabled: false } }),
  deleteCacheRule: (ids) => ({ path: cacheRule(ids) }),
  listReplicas: (ids) => ({ path: replicas(ids) }),
  createReplica: (ids) => ({ path: replicas(ids), body: REPLICA_INPUT }),
  getReplica: (ids) => ({ path: replica(ids) }),
  updateReplica: (ids) => ({ path: replica(ids), body: { port: 5433 } }),
  deleteReplica: (ids) => ({ path: replica(ids) }),
  restoreReplica: (ids) => ({ path: `${replica(ids)}/restore` }),
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
