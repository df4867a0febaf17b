import { openStore, type Store } from '@headgate/core';
import type { TestActor } from '@headgate/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { expectRefusal } from './support.ts';
import { layWire, type Wire } from '@headgate/testing/wire';
import postgres from 'postgres';

/** Longer than any wait may be before it is answered, whatever is broken. */
const PATIENCE_MS = 20_000;

let base: TestApi;
let api: TestApi;
let wire: Wire;
let store: Store;
let owner: TestActor;
beforeEach(async () => {
  base = await startTestApi();
  wire = await layWire(base.databaseUrl);
  store = openStore({ url: wire.url, maxConnections: 3 });
  api = await startTestApi({ store });
  ({ owner } = await api.createOrganization());
  expect((await create()).status).toBe(201);
  expect((await list()).status).toBe(200);
  expect((await api.send('GET', '/readyz')).status).toBe(200);
});
afterEach(async () => {
  await wire.close();
  await store.close();
  await Promise.all([api.close(), base.close()]);
});

const list = async () => await api.send('GET', `/v1/projects?org_id=${owner.orgId}`, { as: owner });
const create = async () =>
  await api.send('POST', '/v1/projects', { as: owner, body: { name: 'x', org_id: owner.orgId } });

describe('while nobody listens where the metadata database was', () => {
  beforeEach(async () => await wire.set('refusing'));

  test('the service is live, degraded, and not ready with the check that says why', async () => {
    expect((await api.send('GET', '/livez')).body).toEqual({ status: 'ok' });
    const health = await api.send('GET', '/v1/health');
    expect([health.status, health.body]).toMatchObject([200, { status: 'degraded' }]);
    const ready = await api.send('GET', '/readyz');
    expect([ready.status, ready.body]).toMatchObject([
      503,
      { status: 'not_ready', checks: { database: 'failed', keys: 'ok' } },
    ]);
    expect(ready.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  });

  test('a read and a write are answered 503 with Retry-After, and tell nothing of the reason', async () => {
    for (const answer of [await list(), await create()]) {
      expect(answer.status).toBe(503);
      const { message } = expectRefusal(answer, { code: 'UNAVAILABLE' });
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(message).not.toMatch(/ECONN|127\.0\.0\.1|CONNECTION|socket/);
    }
    expect(api.logs()).toContain('ECONNREFUSED');
  });

  test('it serves again as soon as the database is back, without a restart', async () => {
    expect((await api.send('GET', '/readyz')).status).toBe(503);
    await wire.set('well');
    await expect.poll(async () => (await api.send('GET', '/readyz')).status, { timeout: 10_000 }).toBe(200);
    expect((await create()).status).toBe(201);
  });
});

describe('while the metadata database only reads', () => {
  beforeEach(async () => {
    const sql = postgres(base.databaseUrl, { max: 1, onnotice: () => {} });
    const { pathname } = new URL(base.databaseUrl);
    await sql`alter database ${sql(pathname.slice(1))} set default_transaction_read_only = on`;
    await sql.end();
    // Sessions that were there have begun with the setting before.
    await wire.set('well');
  });

  test('reads go on, that of the audit log too, and writes are answered 503 with Retry-After', async () => {
    await expect.poll(async () => (await list()).status, { timeout: 10_000 }).toBe(200);
    const log = await api.send('GET', `/v1/organizations/${owner.orgId}/audit-log`, { as: owner });
    expect(log.status).toBe(200);
    expect(log.body).toMatchObject({ entries: [{ action: 'project.create' }] });
    const refused = await create();
    expect(refused.status).toBe(503);
    expectRefusal(refused, { code: 'UNAVAILABLE' });
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  });
});

describe.each(['hanging up', 'silent'] as const)('while the other end of the wire is %s', (state) => {
  const statusOf = async (path: string, token?: string): Promise<number | string> => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(`${api.url}${path}`, { signal, headers }).catch(() => undefined);
    return response?.status ?? 'no answer';
  };

  test('no answer is waited for without end: neither of a probe nor of a read, nor of those that come later', async () => {
    await wire.set(state);
    const path = `/v1/projects?org_id=${owner.orgId}`;
    const round = async () =>
      await Promise.all([
        statusOf('/livez'),
        statusOf('/readyz'),
        statusOf('/v1/health'),
        statusOf(path, owner.token),
      ]);
    expect(await round()).toEqual([200, 503, 200, 503]);
    expect(await round()).toEqual([200, 503, 200, 503]);
  });
});
