import type { Replica, ReplicaList } from '@headgate/schema';
import { uniqueName } from '@headgate/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, auditOf, expectRefusal, rows, tokenFor, useApi } from './support.ts';

const { api, owner } = await useApi();
const INPUT = { host: 'replica.example.com', port: 5432 };

let projectId: string;
let databaseId: string;
let replica: Replica;
beforeEach(async () => {
  const as = { ...owner, token: await tokenFor(api, owner) };
  ({ id: projectId } = await api.createProject(as));
  ({ id: databaseId } = await api.createDatabase(as, projectId));
  await setLimit(null);
  replica = (await create()).body;
});

/** Sends with a token that is fresh, since these tests move the clock by weeks. */
const send = async <B = Replica>(method: string, path: string, body?: unknown) =>
  await api.send<B>(method, path, { token: await tokenFor(api, owner), body });
const listPath = () => `/v1/databases/${databaseId}/replicas`;
const pathOf = ({ id }: { id: string }) => `${listPath()}/${id}`;
const databasePath = () => `/v1/projects/${projectId}/databases/${databaseId}`;
const create = async () => await send('POST', listPath(), INPUT);
const remove = async (each: Replica = replica) => await send('DELETE', pathOf(each));
const restore = async (each: Replica = replica) => await send('POST', `${pathOf(each)}/restore`);
const listed = async () => (await send<ReplicaList>('GET', listPath())).body.replicas.map(({ id }) => id);
const living = async () =>
  await rows(api, 'select id from replicas where database_id = $1 and deleted_at is null', [databaseId]);

/** What an operator allows this organization; null means the default. */
const setLimit = async (limit: number | null) =>
  await api.store.transact({ tenants: [owner.orgId] }, async (tx) => {
    const sql = 'update organizations set max_replicas_per_database = $1 where org_id = $2';
    await tx.run({ compile: () => ({ sql, parameters: [limit, owner.orgId] }) } as never);
  });

describe('deleting a replica', () => {
  test('answers 204 without a body, and it is gone from reads and lists', async () => {
    const answer = await remove();
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await send('GET', pathOf(replica))).status).toBe(404);
    expect(await listed()).toEqual([]);
  });

  test('again, or changing it afterwards, is a 404', async () => {
    await remove();
    expectRefusal(await remove(), { code: 'NOT_FOUND' });
    expectRefusal(await send('PATCH', pathOf(replica), { port: 1 }), { code: 'NOT_FOUND' });
  });

  test('twenty times at once deletes it once, and the audit log holds what it was', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await remove()));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(19);
    const [, entry, ...others] = await auditOf(api, replica.id);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ action: 'replica.delete', before: replica, after: null });
  });
});

describe('restoring a replica', () => {
  test('brings it back as it was, as a new version', async () => {
    await remove();
    api.clock.advance(1_000);
    const { status, body, headers } = await restore();
    expect(status).toBe(200);
    expect(body).toEqual({ ...replica, updated_at: api.clock.now().toISOString() });
    const read = await send('GET', pathOf(replica));
    expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
    expect(headers.get('etag')).not.toBe('"1"');
    const log = await auditOf(api, replica.id);
    expect(log.map(({ action }) => action)).toEqual(['replica.create', 'replica.delete', 'replica.restore']);
    expect(log.at(-1)?.after).toEqual(body);
  });

  test('works to the last moment of 30 days by the clock, and is a 404 after it', async () => {
    const other = (await create()).body;
    await remove();
    await remove(other);
    api.clock.advance(30 * DAY_MS - 1);
    expect((await restore()).status).toBe(200);
    api.clock.advance(1);
    expectRefusal(await restore(other), { code: 'NOT_FOUND' });
  });

  test('that lives is a 409', async () => {
    expectRefusal(await restore(), { code: 'CONFLICT' });
    expect(await auditOf(api, replica.id)).toHaveLength(1);
  });

  test('twenty times at once restores it once', async () => {
    await remove();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await restore()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
    expect(await auditOf(api, replica.id)).toHaveLength(3);
  });
});

describe('with their database, or its project,', () => {
  const OWNERS = { database: databasePath, project: () => `/v1/projects/${projectId}` };
  test.each(Object.keys(OWNERS) as (keyof typeof OWNERS)[])(
    'replicas go and come back as they were: %s',
    async (kind) => {
      const gone = (await create()).body;
      await remove(gone);
      const before = await send('GET', pathOf(replica));
      expect((await send('DELETE', OWNERS[kind]())).status).toBe(204);
      const answers = [
        await send('GET', listPath()),
        await create(),
        await send('GET', pathOf(replica)),
        await send('PATCH', pathOf(replica), { port: 1 }),
        await remove(),
        await restore(gone),
        await restore(),
      ];
      expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(404));
      expect((await send('POST', `${OWNERS[kind]()}/restore`)).status).toBe(200);
      const after = await send('GET', pathOf(replica));
      expect([after.body, after.headers.get('etag')]).toEqual([replica, before.headers.get('etag')]);
      expect(await listed()).toEqual([replica.id]);
      expect((await restore(gone)).status).toBe(200);
    },
  );

  test('no replica is added that outlives the deletion: who asks for it then is told that there is no database', async () => {
    await setLimit(50);
    const before = (await living()).length;
    const [deleted, ...added] = await Promise.all([
      send('DELETE', databasePath()),
      ...Array.from({ length: 20 }, async () => await create()),
    ]);
    expect(deleted.status).toBe(204);
    expect(added.every(({ status }) => status === 201 || status === 404)).toBe(true);
    const made = added.filter(({ status }) => status === 201).length;
    expect(await living()).toHaveLength(before + made);
    expect((await create()).status).toBe(404);
    expect(await living()).toHaveLength(before + made);
  });
});

describe('the limit of replicas per database', () => {
  test('is exact when twenty are made at once: those beyond it are refused by its name and leave nothing', async () => {
    await setLimit(3);
    await remove();
    const answers = await Promise.all(Array.from({ length: 20 }, create));
    const refused = answers.filter(({ status }) => status === 403);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(refused).toHaveLength(17);
    for (const answer of refused) {
      expect(expectRefusal(answer, { code: 'LIMIT_EXCEEDED' }).message).toContain(
        'replicas_per_database is 3',
      );
    }
    expect(await living()).toHaveLength(3);
    const entries = `select id from audit_entries where action = 'replica.create' and after->>'database_id' = $1`;
    expect(await rows(api, entries, [databaseId])).toHaveLength(4);
  });

  test('holds for those that come back too: of twenty restored at once as many as fit', async () => {
    await setLimit(50);
    const made = [];
    while (made.length < 20) made.push((await create()).body);
    for (const each of made) await remove(each);
    await setLimit(4);
    const answers = await Promise.all(made.map(restore));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    const refused = answers.filter(({ status }) => status === 403);
    expect(refused).toHaveLength(17);
    for (const answer of refused) expectRefusal(answer, { code: 'LIMIT_EXCEEDED' });
    expect(await living()).toHaveLength(4);
  });

  test('holds for making and restoring together', async () => {
    await setLimit(50);
    const made = [];
    while (made.length < 10) made.push((await create()).body);
    for (const each of made) await remove(each);
    await setLimit(6);
    const answers = await Promise.all([...made.map(restore), ...Array.from({ length: 10 }, create)]);
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(5);
    expect(await living()).toHaveLength(6);
  });

  test('is the default where the operator has set none, counts what lives, and is of each database', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, create));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(9);
    expectRefusal(await create(), { code: 'LIMIT_EXCEEDED' });
    await remove();
    expect((await create()).status).toBe(201);
    expectRefusal(await create(), { code: 'LIMIT_EXCEEDED' });
    ({ id: databaseId } = await api.createDatabase(
      { ...owner, token: await tokenFor(api, owner) },
      projectId,
    ));
    expect((await create()).status).toBe(201);
  });

  test('that was lowered takes nothing away, and does not keep a first answer from being given again', async () => {
    const headers = { 'Idempotency-Key': uniqueName('key') };
    const once = async () =>
      await api.send<Replica>('POST', listPath(), {
        token: await tokenFor(api, owner),
        body: INPUT,
        headers,
      });
    const first = await once();
    await setLimit(0);
    const again = await once();
    expect([again.status, again.body]).toEqual([201, first.body]);
    expectRefusal(await create(), { code: 'LIMIT_EXCEEDED' });
    expect(await listed()).toHaveLength(2);
    expect((await send('PATCH', pathOf(replica), { port: 1 })).status).toBe(200);
  });
});
