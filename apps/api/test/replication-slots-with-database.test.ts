import type {
  CreatedReplicationSlot as Created,
  LiveReplicationSlot as Live,
  CreatedDatabase,
  Database,
  ReplicationSlotList,
} from '@headgate/schema';
import { startProxy, startStandby, type TestUpstream } from '@headgate/testing/upstreams';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { REQUEST_TIMEOUT_MS } from '../src/limits.ts';
import { codesOf, useSlotWorld, whatIsThere, wish } from './replication-slot-support.ts';
import { auditOf, expectRefusal, rows } from './support.ts';
import { inputOf } from './upstream-support.ts';

const world = await useSlotWorld({ settings: { max_replication_slots: '20', max_wal_senders: '10' } });
const { api, owner, projectId, send, server, sql } = world;
const databases = `/v1/projects/${projectId}/databases`;
const create = async (slots: readonly object[], headers = {}, input: object = inputOf(server)) =>
  await send<CreatedDatabase>('POST', databases, { ...input, replication_slots: slots }, headers);
const count = async () =>
  (await rows(api, 'select id from databases where project_id = $1', [projectId])).length;

describe('a database with its replication slots', () => {
  test('is registered with all of them, and each is told of', async () => {
    const given = [wish(), wish({ status: 'disabled' })];
    const { status, body, text } = await create(given);
    expect(status, text).toBe(201);
    expect(body.replication_slots).toMatchObject(
      given.map(({ slot_name }) => ({ slot_name, database_id: body.id, created: ['publication', 'slot'] })),
    );
    const list = await send<ReplicationSlotList>('GET', `${databases}/${body.id}/replication-slots`);
    expect(list.body.replication_slots).toHaveLength(2);
    for (const { id } of body.replication_slots ?? [])
      expect((await auditOf(api, id)).map(({ action }) => action)).toEqual(['replicationSlot.create']);
    expect((await send<Database>('GET', `${databases}/${body.id}`)).body).not.toHaveProperty(
      'replication_slots',
    );
  });

  test('is not registered when one of them cannot be used, and what was made for the others is undone', async () => {
    const before = await count();
    const good = wish();
    const bad = wish({ tables: ['public.none'] });
    const answer = await create([good, bad]);
    expect(answer.status).toBe(422);
    const { message, details } = expectRefusal(answer, { code: 'UPSTREAM_CHECK_FAILED' });
    expect(message).toBe(`Replication slot "${bad.slot_name}": There is no table public.none.`);
    expect(details).toEqual([
      { field: 'replication_slots[1]', message: 'cannot be used: There is no table public.none.' },
    ]);
    expect(codesOf(answer)).toEqual({ publication: 'table_missing' });
    expect(await whatIsThere(sql, good)).toEqual({ slot: false, publication: false });
    expect(await count()).toBe(before);
  });

  test('is not registered when a slot is registered already; that slot stays, and what was made is undone', async () => {
    const taken = wish();
    await create([taken]);
    const before = await count();
    const other = wish();
    expectRefusal(await create([other, taken]), { code: 'CONFLICT' });
    expect(await whatIsThere(sql, other)).toEqual({ slot: false, publication: false });
    expect(await whatIsThere(sql, taken)).toEqual({ slot: true, publication: true });
    expect(await count()).toBe(before);
  });

  test('is refused with the field when a slot is named twice, or where none can be given', async () => {
    const one = wish();
    expectRefusal(await create([one, { ...wish(), slot_name: one.slot_name }]), {
      ...{ code: 'INVALID_INPUT', field: 'replication_slots[1].slot_name' },
    });
    const project = {
      name: 'p',
      org_id: owner.orgId,
      database: { ...inputOf(server), replication_slots: [one] },
    };
    expectRefusal(await send('POST', '/v1/projects', project), { code: 'INVALID_INPUT' });
  });

  test('is made once with an idempotency key, whatever was dropped since', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const given = wish();
    const first = await create([given], headers);
    await sql`select pg_drop_replication_slot(${given.slot_name})`;
    expect((await create([given], headers)).body).toEqual(first.body);
    expect(await whatIsThere(sql, given)).toMatchObject({ slot: false });
  });
});

describe('a server that goes silent while slots are made', () => {
  test('is answered for within the time of a request, with a word on each thing that is left behind', async () => {
    const way = await startProxy(server, { delayMs: 0 });
    onTestFinished(async () => await way.stop());
    const given = Array.from({ length: 8 }, () => wish());
    const input = { ...inputOf(server), port: way.port, replication_slots: given };
    const startMs = performance.now();
    const answer = send('POST', `${databases}?verify=true`, input);
    const third = given[2]?.slot_name ?? '';
    const isThere = async () =>
      (await sql`select from pg_replication_slots where slot_name = ${third}`).length;
    await expect.poll(isThere, { timeout: 10_000, interval: 5 }).toBe(1);
    way.silence();
    const { status, text } = await answer;
    expect(status, text).toBe(422);
    expect(performance.now() - startMs).toBeLessThan(REQUEST_TIMEOUT_MS);
    for (const { slot_name: slot, publication_name: publication } of given.slice(0, 2)) {
      expect(text).toContain(`the replication slot ${slot}`);
      expect(text).toContain(`the publication ${publication}`);
    }
    for (const { slot_name: slot } of given)
      await sql`select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = ${slot}`;
  }, 40_000);
});

describe('a standby', () => {
  let standby: TestUpstream;
  beforeAll(async () => {
    standby = await startStandby(server);
    await sql.unsafe(`grant execute on function pg_log_standby_snapshot() to ${server.username}`);
  });
  afterAll(async () => await standby.stop());

  test('needs its primary, whose password is sealed for the slot and shown to nobody', async () => {
    const database = await send<Database>('POST', databases, inputOf(standby));
    const path = `${databases}/${database.body.id}/replication-slots`;
    const given = wish();
    const without = await send('POST', path, given);
    expect(codesOf(without)).toEqual({ primary: 'standby_needs_primary' });
    const { host, port, database: name, username, password } = server;
    const primary = { host, port, database: name, username, ssl_mode: 'disable' };
    const created = await send<Created>('POST', path, { ...given, primary: { ...primary, password } });
    expect(created.status, created.text).toBe(201);
    expect(created.body).toMatchObject({ primary, created: ['publication', 'slot'] });
    const { id } = created.body;
    const [row] = await rows<{ sealed_primary_password: string }>(
      api,
      'select sealed_primary_password from replication_slots where id = $1',
      [id],
    );
    expect(
      await api.vault.open(row?.sealed_primary_password ?? '', `replication_slots/${id}/primary_password`),
    ).toBe(password);
    const live = await send<Live>('GET', `${path}/${id}`);
    expect(live.body).toMatchObject({ primary, upstream: { state: 'present' } });
    expect((await send('PATCH', `${path}/${id}`, { ...live.body, status: '' })).status).toBe(200);
    const another = await send('PATCH', `${path}/${id}`, { primary: { ...primary, password: 'another' } });
    expectRefusal(another, { code: 'INVALID_INPUT', field: 'primary' });
    for (const text of [created.text, live.text, JSON.stringify(await auditOf(api, id)), api.logs()])
      expect(text).not.toContain(password);
    expect((await send('DELETE', `${path}/${id}?drop=true`)).status).toBe(204);
    expect(await whatIsThere(standby.sql(), given)).toEqual({ slot: false, publication: true });
  });
});

describe('what was made for a registration that cannot be stored', () => {
  /** An instance whose transactions fail at their end, as when the disk is full; and, where it is lost, whose store is. */
  async function createOnFailing(given: object, { isLost }: { readonly isLost: boolean }) {
    const path = await world.newDatabase();
    let hasFailed = false;
    const store: typeof api.store = {
      ...api.store,
      read: async (tenants, query) => {
        if (isLost && hasFailed) throw new Error('the store is gone');
        return await api.store.read(tenants, query);
      },
      transact: async (options, work) =>
        await api.store.transact(options, async (tx) => {
          await work(tx);
          hasFailed = true;
          throw new Error('the disk is full');
        }),
    };
    const instance = await api.startAnother({ store });
    const answer = await instance.send('POST', path, { as: owner, body: given });
    await instance.close();
    expectRefusal(answer, { code: 'INTERNAL_ERROR' });
    return answer;
  }

  test('is undone', async () => {
    const given = wish();
    await createOnFailing(given, { isLost: false });
    expect(await whatIsThere(sql, given)).toEqual({ slot: false, publication: false });
  });

  test('stays and is told of when nobody can say whether it was stored after all', async () => {
    const given = wish();
    const { text } = await createOnFailing(given, { isLost: true });
    expect(await whatIsThere(sql, given)).toEqual({ slot: true, publication: true });
    expect(text).toContain(
      `the replication slot ${given.slot_name} and the publication ${given.publication_name}`,
    );
  });
});
