/** A contract, the names of a tenant, and answers as they should be, for the tests of the fuzz. */
import { readContract } from '../src/prove/fuzz/contract/contract.ts';
import type { Ids, Names } from '../src/prove/fuzz/generate/names.ts';
import type { Answer } from '../src/prove/fuzz/send/read-answer.ts';

export const contract = await readContract();

const ids = (suffix: string): Ids => ({
  org_id: `org_${suffix}`,
  project_id: `prj_${suffix}`,
  database_id: `db_${suffix}`,
  replica_id: `rep_${suffix}`,
  key_id: `key_${suffix}`,
  query_hash: 'f2d9924396c7ca17',
  domain_id: `dom_${suffix}`,
  certificate_id: `cert_${suffix}`,
  slot_id: `slot_${suffix}`,
  snapshot_id: `snap_${suffix}`,
});

/** Resources that exist nowhere. */
export function someNames(): Names {
  let made = 0;
  return {
    ids: ids('one'),
    foreign: ids('other'),
    password: 'password',
    liveDatabaseId: 'db_live',
    otherLogin: { username: 'other', password: 'pa$$word' },
    live: {
      ...{ host: '127.0.0.1', port: 5432, name: 'app', username: 'fuzz', password: 'pa$$word' },
      ssl_mode: 'disable',
    },
    certificates: { ca: 'cert_ca', client: 'cert_client' },
    authority: 'PEM of an authority',
    clientCertificate: { certificate: 'PEM of a certificate', key: 'PEM of a key' },
    secret: () => `secret-${(made += 1)}`,
  };
}

export const REQUEST_ID = '3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11';

export const PROJECT = {
  id: 'prj_01h455vb4pex5vsknk084sn02r',
  org_id: 'org_demo',
  name: 'shop',
  cloud: 'aws',
  self_hosted: false,
  proxy_host: 'prj-01h455vb4pex5vsknk084sn02r.localhost',
  database_count: 1,
  status: 'active',
  created_at: '2026-11-21T08:30:00.000Z',
  updated_at: '2026-11-21T08:30:00.000Z',
};

interface AnswerParts {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

/** An answer with all that every answer has. A header of undefined is left out. */
export function answerOf({ status = 200, headers = {}, body = PROJECT }: AnswerParts = {}): Answer {
  const all = {
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'x-request-id': REQUEST_ID,
    ratelimit: '"user";r=997;t=7',
    'ratelimit-policy': '"user";q=1000;w=10',
    etag: '"3"',
    location: '/v1/projects/prj_01h455vb4pex5vsknk084sn02r',
    ...headers,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { status, headers: new Map(given), body: Buffer.from(JSON.stringify(body)), isLast: false };
}

/** A refusal of input that names these fields. */
export function refusalOf(...fields: string[]): Answer {
  const details = fields.map((field) => ({ field, message: 'is wrong' }));
  const error = { code: 'INVALID_INPUT', message: 'x is wrong.', request_id: REQUEST_ID, details };
  return answerOf({ status: 400, body: { error } });
}
