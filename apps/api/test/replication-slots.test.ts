import type {
  CreatedReplicationSlot as Created,
  Database,
  LiveReplicationSlot as Live,
  ReplicationSlot,
  ReplicationSlotList,
} from '@headgate/schema';
import { slotInput } from '@headgate/testing';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { codesOf, useSlotWorld, whatIsThere, wish } from './replication-slot-support.ts';
import { auditOf, expectRefusal, rows, tokenFor } from './support.ts';

const world = await useSlotWorld({ settings: { max_replication_slots: '40' } });
const { api, owner, projectId, send, sql } = world;

let path: string;
beforeEach(async () => {
  path = await world.newDatabase();
});

const create = async (body: object = wish(), headers = {}) =>
  await send<Created>('POST', path, body, headers);
const read = async ({ body }: { readonly body: Created }) => await send<Live>('GET', `${path}/${body.id}`);
const databaseId = () => path.split('/')[5] ?? '';

describe('registering a replication slot', () => {
  test('answers it with what was made, its version and its path, and a read tells the same', async () => {
    const given = wish();
    const answer = await create(given);
    const now = api.clock.now().toISOString();
    const slot = {
      id: expect.stringMatching(/^slot_[0-9a-hjkmnp-tv-z]{26}$/) as string,
      ...{ project_id: projectId, database_id: databaseId(), status: 'active' },
      ...{ slot_name: given.slot_name, publication_name: given.publication_name },
      ...{ created_at: now, updated_at: now },
    };
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body).toEqual({ ...slot, created: ['publication', 'slot'] });
    expect(answer.headers.get('location')).toBe(`${path}/${answer.body.id}`);
    expect(await whatIsThere(sql, given)).toEqual({ slot: true, publication: true });
    const { body, headers } = await read(answer);
    expect(body).toMatchObject(slot);
    expect(headers.get('etag')).toBe(answer.headers.get('etag'));
    expect((await send<ReplicationSlotList>('GET', path)).body).toEqual({ replication_slots: [slot] });
  });

  test('of one that is there makes nothing', async () => {
    const given = { ...slotInput(), status: 'disabled' };
    await sql`create publication ${sql(given.publication_name)} for all tables`;
    await sql`select pg_create_logical_replication_slot(${given.slot_name}, 'pgoutput')`;
    const { status, body } = await create(given);
    expect(status).toBe(201);
    expect(body).toMatchObject({ created: [], status: 'disabled' });
  });

  test('whose publication may have come later says so, and what to do', async () => {
    const given = slotInput();
    const writer = await sql.reserve();
    onTestFinished(() => writer.release());
    await sql`select pg_create_logical_replication_slot(${given.slot_name}, 'pgoutput')`;
    await writer`begin`;
    await writer`insert into orders values (2000)`;
    await sql`create publication ${sql(given.publication_name)}`;
    const { status, body } = await create(given);
    await writer`rollback`;
    expect(status).toBe(201);
    expect(body.warnings).toMatchObject([{ code: 'publication_may_be_newer' }]);
    expect(body.warnings?.[0]?.message).toContain('make it again after the publication');
  });

  test('that cannot be used is a 422 with every check, and nothing is stored or made', async () => {
    const given = slotInput();
    const answer = await create(given);
    expect(answer.status).toBe(422);
    expectRefusal(answer, { code: 'UPSTREAM_CHECK_FAILED' });
    expect(codesOf(answer)).toEqual({ publication: 'publication_missing', slot: 'slot_missing' });
    expect(answer.text).toContain('CREATE PUBLICATION');
    expect(
      await rows(api, 'select id from replication_slots where slot_name = $1', [given.slot_name]),
    ).toEqual([]);
    expect(await whatIsThere(sql, given)).toEqual({ slot: false, publication: false });
  });

  test.each([
    ['slot_name', { slot_name: 'Upper' }],
    ['slot_name', { slot_name: 'a-b' }],
    ['slot_name', { slot_name: '' }],
    ['slot_name', { slot_name: 's'.repeat(64) }],
    ['slot_name', { slot_name: undefined }],
    ['publication_name', { publication_name: 'ü'.repeat(32) }],
    ['publication_name', { publication_name: '' }],
    ['status', { status: 'paused' }],
    ['create_if_missing', { create_if_missing: 'yes' }],
    ['tables', { tables: [] }],
    ['tables[0]', { tables: ['orders'] }],
    ['tables[0]', { tables: ['public.orders; drop table orders'] }],
    ['tables[0]', { tables: ['public."or"ders"'] }],
    ['tables[0]', { tables: ['a.b.c'] }],
    ['tables', { tables: ['public.orders'], create_if_missing: false }],
    ['primary.password', { primary: { host: 'h', port: 5432, database: 'd', username: 'u' } }],
    ['upstream', { upstream: 'mine' }],
  ])('%s in %j is refused by name', async (field, over) => {
    const answer = await create(wish(over));
    expect(answer.status, answer.text).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field });
  });

  test('leaves an audit entry that tells what was made', async () => {
    const { body } = await create();
    const after = { ...body, create_if_missing: true, tables: ['public.orders'] };
    expect(await auditOf(api, body.id)).toMatchObject([
      { action: 'replicationSlot.create', actor_id: owner.userId, before: null, after },
    ]);
  });

  test('of a database with as many as it may have is refused before its server is asked', async () => {
    const id = databaseId();
    await api.store.transact({ tenants: [owner.orgId] }, async (tx) => {
      const statement = `insert into replication_slots (id, org_id, project_id, database_id, slot_name,
        publication_name, status, upstream, created_at, updated_at)
        select 'slot_' || lpad(n::text, 26, '0'), $1, $2, $3, 'full_' || n, 'p', 'active', $3, now(), now()
        from generate_series(1, 50) n`;
      const parameters = [owner.orgId, projectId, id];
      await tx.run({ compile: () => ({ sql: statement, parameters }) } as never);
    });
    const given = wish();
    expectRefusal(await create(given), { code: 'LIMIT_EXCEEDED' });
    expect(await whatIsThere(sql, given)).toEqual({ slot: false, publication: false });
  });
});

describe('one slot of an upstream', () => {
  test('is registered once: a second time is a 409 that says where, and what is there stays', async () => {
    const given = wish();
    const first = await create(given);
    path = await world.newDatabase();
    const second = await create(given);
    expect(second.status).toBe(409);
    expect(expectRefusal(second, { code: 'CONFLICT' }).message).toContain(first.body.id);
    expect(await whatIsThere(sql, given)).toEqual({ slot: true, publication: true });
  });

  test('is registered once of four requests at once, and is not dropped for those that come too late', async () => {
    const given = wish();
    const answers = await Promise.all(Array.from({ length: 4 }, async () => await create(given)));
    const made = answers.filter(({ status }) => status === 201);
    expect(made, answers.map(({ text }) => text).join('\n')).toHaveLength(1);
    expect(await whatIsThere(sql, given)).toEqual({ slot: true, publication: true });
  });

  test('can be registered by another organization, which has the same server', async () => {
    const given = wish();
    await create(given);
    const { owner: other } = await api.createOrganization();
    const { id } = await api.createProject(other);
    const { host, port, database: name, username, password } = world.server;
    const input = { host, port, name, username, password, ssl_mode: 'disable' as const };
    const database = await api.createDatabase(other, id, input);
    const at = `/v1/projects/${id}/databases/${database.id}/replication-slots`;
    expect((await api.send('POST', at, { as: other, body: given })).status).toBe(201);
  });

  test('stays with the deleted database of another project when a key of one project asks, which learns nothing of it', async () => {
    const given = wish();
    const first = await create(given);
    await send('DELETE', path.replace('/replication-slots', ''));
    await sql`select pg_drop_replication_slot(${given.slot_name})`;
    await sql`drop publication ${sql(given.publication_name)}`;
    const { id: otherId } = await api.createProject(owner);
    const { host, port, database: name, username, password } = world.server;
    const input = { host, port, name, username, password, ssl_mode: 'disable' as const };
    const token = await tokenFor(api, owner);
    const database = await api.createDatabase({ ...owner, token }, otherId, input);
    const key = await send<{ api_key: string }>('POST', `/v1/organizations/${owner.orgId}/api-keys`, {
      ...{ name: 'key', scopes: ['databases:write'], project_id: otherId },
    });
    const at = `/v1/projects/${otherId}/databases/${database.id}/replication-slots`;
    const refused = await api.send('POST', at, { token: key.body.api_key, body: given });
    const { message } = expectRefusal(refused, { code: 'CONFLICT' });
    for (const hidden of [first.body.id, projectId, databaseId()]) expect(message).not.toContain(hidden);
    expect(await whatIsThere(sql, given)).toEqual({ slot: false, publication: false });
    const living = 'select 1 from replication_slots where id = $1 and deleted_at is null';
    expect(await rows(api, living, [first.body.id])).toHaveLength(1);
    expect((await api.send('POST', at, { token, body: given })).status).toBe(201);
    expect(await rows(api, living, [first.body.id])).toHaveLength(0);
  });

  test('is free when the database that had it is deleted, and does not come back with it', async () => {
    const given = wish();
    const first = await create(given);
    const database = path.replace('/replication-slots', '');
    api.clock.advance(1000);
    await create();
    const deleted = await create();
    await send('DELETE', `${path}/${deleted.body.id}`);
    api.clock.advance(1000);
    await send('DELETE', database);
    path = await world.newDatabase();
    api.clock.advance(1000);
    expect((await create(given)).status).toBe(201);
    const restored = await send<Database>('POST', `${database}/restore`);
    expect(restored.body.warnings).toMatchObject([{ code: 'replication_slot_displaced' }]);
    expect(restored.body.warnings?.[0]?.message).toContain(given.slot_name);
    const old = `${database}/replication-slots/${first.body.id}`;
    expectRefusal(await send('GET', old), { code: 'NOT_FOUND' });
    expectRefusal(await send('POST', `${old}/restore`), { code: 'CONFLICT' });
  });
});

describe('an idempotency key', () => {
  test('gets the first answer again, and makes nothing again of what was dropped meanwhile', async () => {
    const given = wish();
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await create(given, headers);
    await sql`select pg_drop_replication_slot(${given.slot_name})`;
    const again = await create(given, headers);
    expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([
      201,
      first.body,
      'true',
    ]);
    expect(await whatIsThere(sql, given)).toMatchObject({ slot: false });
  });
});

describe('changing, deleting and restoring', () => {
  test('the status is changed, and the upstream is left alone', async () => {
    const { body } = await create();
    const changed = await send<ReplicationSlot>('PATCH', `${path}/${body.id}`, {
      ...body,
      status: 'disabled',
    });
    expect(changed.body).toMatchObject({ id: body.id, status: 'disabled' });
    expect((await auditOf(api, body.id)).at(-1)).toMatchObject({
      ...{ before: { status: 'active' }, after: { status: 'disabled' } },
    });
    const stale = await send('PATCH', `${path}/${body.id}`, { status: 'active' }, { 'If-Match': '"1"' });
    expectRefusal(stale, { code: 'PRECONDITION_FAILED' });
    expectRefusal(await send('PATCH', `${path}/${body.id}`, { slot: 'other' }), { code: 'INVALID_INPUT' });
  });

  test('a blank change, and what was read sent back, change nothing and leave no trace', async () => {
    const { body, headers } = await create();
    const at = `${path}/${body.id}`;
    const live = await send<Live>('GET', at);
    for (const same of [{ status: '' }, { slot_name: '', publication_name: '' }, body, live.body]) {
      const answer = await send<ReplicationSlot>('PATCH', at, same);
      expect([answer.status, answer.headers.get('etag')], answer.text).toEqual([200, headers.get('etag')]);
    }
    expect(await auditOf(api, body.id)).toHaveLength(1);
  });

  test.each([
    ['slot_name', { slot_name: 'other' }],
    ['publication_name', { publication_name: 'other', status: 'disabled' }],
    ['primary', { primary: { host: 'other.example.com' } }],
    ['status', { status: 'paused' }],
  ])('%s cannot be changed to %j, and all stays as it was', async (field, over) => {
    const { body } = await create();
    const { message } = expectRefusal(await send('PATCH', `${path}/${body.id}`, over), {
      ...{ code: 'INVALID_INPUT', field },
    });
    if (field !== 'status') expect(message).toContain('register another slot');
    expect((await read({ body })).body).toMatchObject({ slot_name: body.slot_name, status: 'active' });
  });

  test('deleting leaves the slot on the upstream, and restoring brings the registration back', async () => {
    const given = wish();
    const { body } = await create(given);
    expect((await send('DELETE', `${path}/${body.id}`)).status).toBe(204);
    expect(await whatIsThere(sql, given)).toEqual({ slot: true, publication: true });
    expectRefusal(await send('GET', `${path}/${body.id}`), { code: 'NOT_FOUND' });
    const restored = await send<ReplicationSlot>('POST', `${path}/${body.id}/restore`);
    const { created: _created, ...slot } = body;
    expect(restored.body).toEqual({ ...slot, updated_at: restored.body.updated_at });
  });

  test('what was registered again meanwhile cannot be restored', async () => {
    const given = wish();
    const { body } = await create(given);
    await send('DELETE', `${path}/${body.id}`);
    const second = await create(given);
    const answer = await send('POST', `${path}/${body.id}/restore`);
    expect(expectRefusal(answer, { code: 'CONFLICT' }).message).toContain(second.body.id);
  });

  test('with drop=true the slot is dropped and the publication stays; a slot that is gone is no error', async () => {
    const given = wish();
    const { body } = await create(given);
    const stale = await send('DELETE', `${path}/${body.id}?drop=true`, undefined, { 'If-Match': '"7"' });
    expectRefusal(stale, { code: 'PRECONDITION_FAILED' });
    expect(await whatIsThere(sql, given)).toMatchObject({ slot: true });
    expect((await send('DELETE', `${path}/${body.id}?drop=true`)).status).toBe(204);
    expect(await whatIsThere(sql, given)).toEqual({ slot: false, publication: true });
    expect((await auditOf(api, body.id)).at(-1)).toMatchObject({ after: { dropped: true } });
    await send('POST', `${path}/${body.id}/restore`);
    expect((await send('DELETE', `${path}/${body.id}?drop=true`)).status).toBe(204);
  });

  test('with drop=true nothing is dropped on another server than the one that was registered', async () => {
    const given = wish();
    const { body } = await create(given);
    await api.store.transact({ tenants: [owner.orgId] }, async (tx) => {
      const statement = "update replication_slots set upstream = '1' where id = $1";
      await tx.run({ compile: () => ({ sql: statement, parameters: [body.id] }) } as never);
    });
    const answer = await send('DELETE', `${path}/${body.id}?drop=true`);
    expect(answer.status).toBe(422);
    expect(codesOf(answer)).toEqual({ server: 'other_cluster' });
    expect(await whatIsThere(sql, given)).toMatchObject({ slot: true });
    const live = await send<Live>('GET', `${path}/${body.id}`);
    expect(live.body.upstream).toMatchObject({ state: 'unreachable', error: { code: 'other_cluster' } });
  });
});
