/** That checks of customers' servers are bounded, and end with whoever asked for them. */
import type { ConnectionCheck } from '@headgate/schema';
import { describe, expect, test } from 'vitest';
import { auditOf, expectRefusal, rows, useProject } from './support.ts';
import { inputOf, silentServer, useServer } from './upstream-support.ts';

const { api, owner, projectId } = await useProject();
const upstream = await useServer();
const SERVER = inputOf(upstream);
const AT_ONCE = 4;
const NOBODY = { ...SERVER, port: 1 };

const pathOf = (id: string) => `/v1/projects/${id}/databases/test-connection`;
const tryIt = async (body: object, id = projectId) =>
  await api.send<ConnectionCheck>('POST', pathOf(id), { as: owner, body });

/** The same from a caller who can go away. */
function leave(body: object, { path = pathOf(projectId), headers = {} } = {}) {
  const gone = new AbortController();
  const answer = fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${owner.token}`, 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: gone.signal,
  }).catch(() => 'gone');
  return { answer, leave: () => gone.abort() };
}

describe('the places of a project', () => {
  test('are four: one more is told when to come again, others are not concerned, and who leaves makes room', async () => {
    const server = await silentServer();
    const there = { ...SERVER, host: server.host, port: server.port };
    const callers = Array.from({ length: AT_ONCE }, () => leave(there));
    await expect.poll(server.accepted, { timeout: 10_000 }).toBe(AT_ONCE);

    const refused = await tryIt(NOBODY);
    expect(refused.status).toBe(429);
    expectRefusal(refused, { code: 'RATE_LIMITED' });
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9][0-9]*$/);
    const { id } = await api.createProject(owner);
    expect((await tryIt(NOBODY, id)).status).toBe(200);

    for (const caller of callers) caller.leave();
    await expect.poll(server.open, { timeout: 10_000 }).toBe(0);
    await expect.poll(async () => (await tryIt(NOBODY)).status, { timeout: 10_000 }).toBe(200);
    for (const caller of callers) expect(await caller.answer).toBe('gone');
  });

  test('are free again after any number of tests that failed', async () => {
    for (let round = 0; round <= AT_ONCE; round += 1) expect((await tryIt(NOBODY)).status).toBe(200);
  });

  test('are taken by what is verified as well', async () => {
    const server = await silentServer();
    const there = { ...SERVER, host: server.host, port: server.port };
    const { id } = await api.createProject(owner);
    const path = `/v1/projects/${id}/databases?verify=true`;
    const callers = Array.from({ length: AT_ONCE }, () => leave(there, { path }));
    await expect.poll(server.accepted, { timeout: 10_000 }).toBe(AT_ONCE);
    expect((await tryIt(NOBODY, id)).status).toBe(429);
    for (const caller of callers) caller.leave();
    await expect.poll(server.open, { timeout: 10_000 }).toBe(0);
    const listed = await api.send('GET', `/v1/projects/${id}/databases`, { as: owner });
    expect(listed.body).toEqual({ databases: [] });
  });
});

describe('the places of an organization', () => {
  test('are eight, however many projects it has, and another organization has its own', async () => {
    const server = await silentServer();
    const there = { ...SERVER, host: server.host, port: server.port };
    const projects = await Promise.all([1, 2, 3].map(async () => await api.createProject(owner)));
    const [first, second, third] = projects.map(({ id }) => id) as [string, string, string];
    const callers = [first, second].flatMap((id) =>
      Array.from({ length: AT_ONCE }, () => leave(there, { path: pathOf(id) })),
    );
    await expect.poll(server.accepted, { timeout: 10_000 }).toBe(2 * AT_ONCE);
    const refused = await tryIt(NOBODY, third);
    expect(expectRefusal(refused, { code: 'RATE_LIMITED' }).message).toContain('This organization');

    const { owner: other } = await api.createOrganization();
    const { id } = await api.createProject(other);
    const served = await api.send('POST', pathOf(id), { as: other, body: NOBODY });
    expect(served.status).toBe(200);
    for (const caller of callers) caller.leave();
    await expect.poll(server.open, { timeout: 10_000 }).toBe(0);
  });

  test('are two for introspections, of whichever person, and another organization has its own', async () => {
    const server = await silentServer();
    const catalogOf = async (as: typeof owner, input: object) => {
      const { id } = await api.createProject(as);
      const database = await api.createDatabase(as, id, input);
      return `/v1/projects/${id}/databases/${database.id}/schema-catalog`;
    };
    const there = { ...SERVER, host: server.host, port: server.port };
    const gone = new AbortController();
    for (let each = 0; each < 2; each += 1) {
      const headers = { Authorization: `Bearer ${owner.token}` };
      const url = `${api.url}${await catalogOf(owner, there)}`;
      void fetch(url, { headers, signal: gone.signal }).catch(() => {});
    }
    await expect.poll(server.accepted, { timeout: 10_000 }).toBe(2);
    const mine = await catalogOf(owner, SERVER);
    expect((await api.send('GET', mine, { as: owner })).status).toBe(429);
    const { owner: other } = await api.createOrganization();
    expect((await api.send('GET', await catalogOf(other, SERVER), { as: other })).status).toBe(200);
    gone.abort();
    const again = async () => (await api.send('GET', mine, { as: owner })).status;
    await expect.poll(again, { timeout: 10_000 }).toBe(200);
  });
});

describe('a caller who goes away', () => {
  /** Lets whatever asks for extensions wait for as long as the work takes: the check is stopped in the middle. */
  const whileStuck = async (work: () => Promise<void>) => {
    await upstream.sql().begin(async (sql) => {
      await sql`lock table pg_catalog.pg_extension in access exclusive mode`;
      await work();
    });
  };
  const backends = async () => {
    const [row] = await upstream.sql('postgres')<{ count: number }[]>`
      select count(*)::integer as count from pg_stat_activity where usename = ${upstream.username}`;
    return row?.count;
  };

  test('takes the check along: nothing of it is left on the server, not even a statement that waits', async () => {
    await whileStuck(async () => {
      const caller = leave(SERVER);
      await expect.poll(backends, { timeout: 10_000 }).toBe(1);
      caller.leave();
      await expect.poll(backends, { timeout: 10_000 }).toBe(0);
      expect(await caller.answer).toBe('gone');
    });
  });

  test('gets a check of their own when they come back with the same idempotency key', async () => {
    const { id } = await api.createProject(owner);
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    await whileStuck(async () => {
      const caller = leave(SERVER, { path: pathOf(id), headers });
      await expect.poll(backends, { timeout: 10_000 }).toBe(1);
      caller.leave();
      await expect.poll(async () => (await auditOf(api, id)).length, { timeout: 10_000 }).toBe(2);
    });
    const kept = 'select 1 from idempotency_records where key = $1';
    expect(await rows(api, kept, [headers['Idempotency-Key']])).toEqual([]);
    const again = await api.send<ConnectionCheck>('POST', pathOf(id), { as: owner, body: SERVER, headers });
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    expect(again.body.ok).toBe(true);
  });
});
