import type { Request } from 'autocannon';
import type { SeededTenant } from './seed.ts';

const REQUESTS = 2_000;

/** Reads of one database each, spread over the tenants. */
export function readRequests(tenants: readonly SeededTenant[]): Request[] {
  return Array.from({ length: REQUESTS }, (_, index) => {
    const tenant = pick(tenants, index);
    const databaseId = pick(tenant.databaseIds, Math.floor(index / tenants.length));
    return {
      method: 'GET',
      path: `/v1/projects/${tenant.projectId}/databases/${databaseId}`,
      headers: { authorization: `Bearer ${tenant.token}` },
    };
  });
}

/** Registrations of a database each, every one with a key of its own. */
export function writeRequests(tenants: readonly SeededTenant[]): Request[] {
  const database = {
    host: 'db.example.com',
    port: 5432,
    name: 'mydb',
    username: 'myuser',
    password: 'pa$$word',
  };
  const body = JSON.stringify(database);
  return tenants.map((tenant) => ({
    method: 'POST',
    path: `/v1/projects/${tenant.projectId}/databases`,
    body,
    headers: { authorization: `Bearer ${tenant.token}`, 'content-type': 'application/json' },
    setupRequest: (request) => ({
      ...request,
      headers: { ...request.headers, 'idempotency-key': crypto.randomUUID() },
    }),
  }));
}

function pick<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
