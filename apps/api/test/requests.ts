/** A valid request for every operation, by operationId. The suites that go over all operations start from these. */
import { databaseInput, projectInput } from '@headgate/testing';
import { OPERATIONS } from './contract.ts';

export interface SampleIds {
  readonly orgId: string;
  readonly projectId: string;
  readonly databaseId: string;
}

export interface SampleRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

type Sample = (ids: SampleIds) => Omit<SampleRequest, 'method'>;

const project = ({ projectId }: SampleIds) => `/v1/projects/${projectId}`;
const database = (ids: SampleIds) => `${project(ids)}/databases/${ids.databaseId}`;

export const SAMPLES: Record<string, Sample> = {
  getHealth: () => ({ path: '/v1/health' }),
  getLiveness: () => ({ path: '/livez' }),
  getReadiness: () => ({ path: '/readyz' }),
  listRegions: () => ({ path: '/v1/regions' }),
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
  restoreDatabase: (ids) => ({ path: `${database(ids)}/restore` }),
};

/** The sample request of an operation; a new operation has to be added above before any suite over all of them passes. */
export function sampleRequest(operationId: string, ids: SampleIds): SampleRequest {
  const operation = OPERATIONS.find((each) => each.operationId === operationId);
  const sample = SAMPLES[operationId];
  if (operation === undefined || sample === undefined)
    throw new Error(`there is no sample request for ${operationId}`);
  return { method: operation.method.toUpperCase(), ...sample(ids) };
}
