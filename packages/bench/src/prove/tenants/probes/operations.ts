/** Every operation that names what may be another tenant's, and in which places. */
import { newId } from '@headgate/schema';

/** What can stand in a place of a request: ids of all kinds. */
export interface Ids {
  readonly org: string;
  readonly project: string;
  readonly database: string;
  readonly replica: string;
  readonly certificate: string;
  readonly custom_domain: string;
  readonly cache_rule: string;
  readonly api_key: string;
  readonly slot: string;
  readonly snapshot: string;
}
export type Place = keyof Ids;

interface Operation {
  readonly method: string;
  /** The places that are filled with ids, by which the request is made. */
  readonly places: readonly Place[];
  readonly request: (ids: Ids) => { readonly path: string; readonly body?: object };
}

/** Ids that are well-formed and name nothing. No two calls give the same. */
export function unknownIds(serial: number): Ids {
  return {
    org: `org_unknown_${serial}`,
    project: newId('prj'),
    database: newId('db'),
    replica: newId('rep'),
    certificate: newId('cert'),
    custom_domain: newId('dom'),
    cache_rule: serial.toString(16).padStart(16, 'f'),
    api_key: newId('key'),
    slot: newId('slot'),
    snapshot: newId('snap'),
  };
}

const CONNECTION = { host: 'db.example.com', port: 5432, name: 'mydb', username: 'myuser', password: 'none' };
const RULE = { sql: 'SELECT code FROM currencies', cache_enabled: true };
const SLOT = { slot_name: 'foreign', publication_name: 'foreign' };

const project = (ids: Ids) => `/v1/projects/${ids.project}`;
const database = (ids: Ids) => `${project(ids)}/databases/${ids.database}`;
const replicas = (ids: Ids) => `/v1/databases/${ids.database}/replicas`;
const organization = (ids: Ids) => `/v1/organizations/${ids.org}`;

type Paths = (ids: Ids) => string;

/** The same five requests for whatever is read, changed, deleted and restored by a path of its own. */
function ofOne(places: readonly Place[], path: Paths, change?: object): Operation[] {
  const methods = ['GET', 'DELETE', ...(change === undefined ? [] : ['PATCH'])];
  return [
    ...methods.map((method) => ({
      ...{ method, places },
      request: (ids: Ids) => ({ path: path(ids), ...(method === 'PATCH' && { body: change ?? {} }) }),
    })),
    post(places, (ids) => `${path(ids)}/restore`),
  ];
}

function get(places: readonly Place[], path: Paths): Operation {
  return { method: 'GET', places, request: (ids) => ({ path: path(ids) }) };
}

function post(places: readonly Place[], path: Paths, body?: (ids: Ids) => object): Operation {
  const request = (ids: Ids) => ({ path: path(ids), ...(body !== undefined && { body: body(ids) }) });
  return { method: 'POST', places, request };
}

const IN_PROJECT = ['project'] as const;
const IN_DATABASE = ['project', 'database'] as const;

export const OPERATIONS: readonly Operation[] = [
  get(['org'], (ids) => `/v1/projects?org_id=${ids.org}`),
  post(
    ['org'],
    () => '/v1/projects',
    (ids) => ({ name: 'shop', org_id: ids.org }),
  ),
  ...ofOne(IN_PROJECT, project, { description: 'changed' }),
  ...['databases', 'certificates', 'domains', 'audit-log', 'audit-log/export'].map((of) =>
    get(IN_PROJECT, (ids) => `${project(ids)}/${of}`),
  ),
  post(
    IN_PROJECT,
    (ids) => `${project(ids)}/databases`,
    () => CONNECTION,
  ),
  post(
    ['project', 'certificate'],
    (ids) => `${project(ids)}/databases`,
    (ids) => ({
      ...{ ...CONNECTION, ca_certificate_id: ids.certificate },
    }),
  ),
  post(
    IN_PROJECT,
    (ids) => `${project(ids)}/databases/test-connection`,
    () => CONNECTION,
  ),
  post(
    IN_PROJECT,
    (ids) => `${project(ids)}/domains`,
    () => ({ domain: 'db.tenants.example.com' }),
  ),
  ...ofOne(IN_DATABASE, database, { query_timeout_ms: 1 }),
  get(IN_DATABASE, (ids) => `${database(ids)}?show_sensitive=true`),
  ...['cache-rules', 'replication-slots', 'schema/snapshots', 'schema-catalog', 'schema'].map((of) =>
    get(IN_DATABASE, (ids) => `${database(ids)}/${of}`),
  ),
  get([...IN_DATABASE, 'snapshot'], (ids) => `${database(ids)}/schema?snapshot_id=${ids.snapshot}`),
  ...['test-connection', 'introspect', 'rotate-credentials/undo'].map((verb) =>
    post(IN_DATABASE, (ids) => `${database(ids)}/${verb}`),
  ),
  post(
    IN_DATABASE,
    (ids) => `${database(ids)}/rotate-credentials`,
    () => ({ password: 'none' }),
  ),
  post(
    IN_DATABASE,
    (ids) => `${database(ids)}/cache-rules`,
    () => RULE,
  ),
  post(
    IN_DATABASE,
    (ids) => `${database(ids)}/replication-slots`,
    () => SLOT,
  ),
  ...['PUT', 'DELETE'].map((method) => ({
    ...{ method, places: IN_DATABASE },
    request: (ids: Ids) => ({
      path: `${database(ids)}/cache-rules/${ids.cache_rule}`,
      ...(method === 'PUT' && { body: { cache_enabled: false } }),
    }),
  })),
  ...ofOne([...IN_DATABASE, 'slot'], (ids) => `${database(ids)}/replication-slots/${ids.slot}`, {
    status: 'disabled',
  }),
  get(['database'], replicas),
  post(['database'], replicas, () => ({ host: 'replica.example.com', port: 5432 })),
  post(
    ['database'],
    (ids) => `${replicas(ids)}/test-connection`,
    () => ({ host: 'r.example.com', port: 1 }),
  ),
  ...ofOne(['database', 'replica'], (ids) => `${replicas(ids)}/${ids.replica}`, { ssl_mode: 'verify-full' }),
  post(['database', 'replica'], (ids) => `${replicas(ids)}/${ids.replica}/test-connection`),
  ...ofOne(['project', 'certificate'], (ids) => `${project(ids)}/certificates/${ids.certificate}`),
  ...ofOne(['project', 'custom_domain'], (ids) => `${project(ids)}/domains/${ids.custom_domain}`),
  post(['project', 'custom_domain'], (ids) => `${project(ids)}/domains/${ids.custom_domain}/verify`),
  ...['api-keys', 'limits', 'audit-log', 'audit-log/export'].map((of) =>
    get(['org'], (ids) => `${organization(ids)}/${of}`),
  ),
  get(['org', 'project'], (ids) => `${organization(ids)}/audit-log?project_id=${ids.project}`),
  get(['org', 'database'], (ids) => `${organization(ids)}/audit-log?resource_id=${ids.database}`),
  post(['org'], (ids) => `${organization(ids)}/audit-log/verify`),
  post(
    ['org', 'project'],
    (ids) => `${organization(ids)}/api-keys`,
    (ids) => ({
      ...{ name: 'deploy', scopes: ['projects:read'], project_id: ids.project },
    }),
  ),
  get(['org', 'api_key'], (ids) => `${organization(ids)}/api-keys/${ids.api_key}`),
  {
    ...{ method: 'DELETE', places: ['org', 'api_key'] },
    request: (ids) => ({ path: `${organization(ids)}/api-keys/${ids.api_key}` }),
  },
];
