/** Ordinary traffic of many tenants, as bytes: mostly reads of single databases, some pages, some writes. */
import { randomBytes } from 'node:crypto';
import type { Chance } from '../chance.ts';
import type { Evidence } from '../evidence.ts';
import type { Instance } from '../stand/instance.ts';
import type { Stand, Tenant } from '../stand/stand.ts';

/** A tenant with a project and databases in it. */
export interface Settled {
  readonly tenant: Tenant;
  readonly projectId: string;
  readonly databaseIds: readonly string[];
}

const DATABASES_PER_TENANT = 5;
/** So many requests are made, and sent again and again in turn. */
const REQUESTS = 2_000;
/** Shares of all requests: the rest reads one database. */
const SHARES = { list: 0.15, change: 0.05, create: 0.1 } as const;

/** A tenant whose project has some databases, made through the API. */
export async function settle(stand: Stand, instance: Instance, evidence: Evidence): Promise<Settled> {
  const tenant = stand.tenant();
  const client = tenant.client(instance);
  const { data: created } = await client.POST('/v1/projects', {
    body: { name: 'floods', org_id: tenant.orgId },
  });
  const projectId = created.project.id;
  const path = { project_id: projectId };
  const databases = await Promise.all(
    Array.from(
      { length: DATABASES_PER_TENANT },
      async () =>
        await client.POST('/v1/projects/{project_id}/databases', {
          params: { path },
          body: databaseBody(evidence),
        }),
    ),
  );
  return { tenant, projectId, databaseIds: databases.map(({ data }) => data.id) };
}

/** Requests of all these tenants, each with the token of its own, chosen and mixed by chance. */
export async function mixedRequests(
  settled: readonly Settled[],
  { chance, evidence }: { readonly chance: Chance; readonly evidence: Evidence },
): Promise<string[]> {
  const tokens = new Map<Settled, string>();
  for (const one of settled) tokens.set(one, await one.tenant.token());
  const run = randomBytes(6).toString('hex');
  return Array.from({ length: REQUESTS }, (_, index) => {
    const one = chance.pick(settled);
    const token = tokens.get(one) ?? '';
    const databases = `/v1/projects/${one.projectId}/databases`;
    const database = `${databases}/${chance.pick(one.databaseIds)}`;
    const kind = chance.below(1_000) / 1_000;
    if (kind < SHARES.list) return request('GET', `${databases}?page_size=20`, { token });
    if (kind < SHARES.list + SHARES.change) {
      const pool_config = { pool_size: 1 + chance.below(100) };
      return request('PATCH', database, { token, body: { pool_config } });
    }
    if (kind < SHARES.list + SHARES.change + SHARES.create) {
      const key = `${run}-${index}-{n}`;
      return request('POST', databases, {
        token,
        body: databaseBody(evidence),
        headers: { 'Idempotency-Key': key },
      });
    }
    return request('GET', database, { token });
  });
}

interface RequestParts {
  readonly token?: string;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request of HTTP/1.1 as bytes, one a character. */
export function request(
  method: string,
  path: string,
  { token, body, headers = {} }: RequestParts = {},
): string {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const bytes = text === undefined ? '' : Buffer.from(text).toString('latin1');
  const all: Record<string, string> = {
    Host: 'headgate.test',
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': String(bytes.length) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${bytes}`;
}

function databaseBody(evidence: Evidence) {
  return {
    ...{ host: 'db.example.com', port: 5432, name: 'mydb', username: 'myuser' },
    password: evidence.secret(),
  };
}
