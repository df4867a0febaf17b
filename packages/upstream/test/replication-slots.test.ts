import { startProxy } from '@headgate/testing/upstreams';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { rehearse } from '../src/replication/rehearse.ts';
import { readSlotFacts } from '../src/replication/slot-facts.ts';
import { undoMade } from '../src/replication/undo.ts';
import {
  failures,
  makePair,
  names,
  prepare,
  startReplicationServer,
  targetOf,
  upstream,
  whatIsThere,
  type ReplicationServer,
} from './replication-support.ts';

let primary: ReplicationServer;
beforeAll(async () => {
  primary = await startReplicationServer({ settings: { max_replication_slots: '6' } });
});
afterEach(async () => {
  await primary.sql`select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active`;
});

const ask = async (over: Partial<Parameters<typeof prepare>[0]> = {}) =>
  await prepare({ target: primary.target, ...names(), ...over });

describe('a slot and a publication that are there', () => {
  test('are well when the slot was made after the publication, and nothing is made', async () => {
    const pair = names();
    await makePair(primary.sql, pair);
    const prepared = await ask(pair);
    expect(failures(prepared)).toEqual({});
    expect(prepared).toMatchObject({ ok: true, warnings: [], made: { slot: false, publication: false } });
    const [control] = await primary.sql`select system_identifier::text as id from pg_control_system()`;
    expect(prepared.upstreamId).toBe(control?.['id']);
    expect(prepared.checks.map(({ name }) => name)).toEqual([
      ...['role', 'wal_level', 'replication_slots', 'primary'],
      ...['publication', 'slot', 'publication_before_slot'],
    ]);
  });

  test('are told apart: each that is missing has its own code', async () => {
    expect(failures(await ask())).toEqual({ publication: 'publication_missing', slot: 'slot_missing' });
    const pair = names();
    await primary.sql`create publication ${primary.sql(pair.publication)} for all tables`;
    expect(failures(await ask(pair))).toEqual({ slot: 'slot_missing' });
  });

  test.each([
    [
      'slot_is_physical',
      async (slot: string) => await primary.sql`select pg_create_physical_replication_slot(${slot})`,
    ],
    [
      'slot_wrong_plugin',
      async (slot: string) =>
        await primary.sql`select pg_create_logical_replication_slot(${slot}, 'test_decoding')`,
    ],
    [
      'slot_other_database',
      async (slot: string) =>
        await primary.server.sql('postgres')`select pg_create_logical_replication_slot(${slot}, 'pgoutput')`,
    ],
  ])('a slot that cannot be read is %s', async (code, make) => {
    const pair = names();
    await primary.sql`create publication ${primary.sql(pair.publication)} for all tables`;
    await make(pair.slot);
    expect(failures(await ask(pair))).toEqual({ slot: code });
    const { checks, ...asked } = await ask({ ...pair, createIfMissing: true });
    expect(failures({ checks, ...asked })).toEqual({ slot: code });
    expect(checks.at(-1)).toMatchObject({ name: 'publication_before_slot', outcome: 'skipped' });
  });

  test('the first check has the time that the server took to tell of them all', async () => {
    const delayMs = 50;
    const way = await startProxy(primary.server, { delayMs });
    onTestFinished(async () => await way.stop());
    const pair = names();
    await makePair(primary.sql, pair);
    const { checks } = await ask({ ...pair, target: { ...primary.target, port: way.port } });
    expect(checks[0]?.durationMs).toBeGreaterThanOrEqual(delayMs - 1);
    expect(checks.slice(1).map(({ durationMs }) => durationMs)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a temporary slot of another session is slot_is_temporary', async () => {
    const pair = names();
    const session = await primary.sql.reserve();
    await session`create publication ${session(pair.publication)} for all tables`;
    await session`select pg_create_logical_replication_slot(${pair.slot}, 'pgoutput', true)`;
    expect(failures(await ask(pair))).toEqual({ slot: 'slot_is_temporary' });
    await session`select pg_drop_replication_slot(${pair.slot})`;
    session.release();
  });

  test('a publication made after its slot is a warning: PostgreSQL 18 passes over what came before', async () => {
    const pair = names();
    const { sql } = primary;
    await sql`select pg_create_logical_replication_slot(${pair.slot}, 'pgoutput')`;
    await sql`create publication ${sql(pair.publication)} for all tables`;
    const prepared = await ask(pair);
    expect(prepared).toMatchObject({ ok: true, warnings: [{ code: 'publication_may_be_newer' }] });
    expect(prepared.warnings[0]?.message).toContain('make it again after the publication');
  });

  test('what an open transaction wrote before the publication was made cannot be read yet, and is a warning', async () => {
    const pair = names();
    const { sql, target } = primary;
    await sql`select pg_create_logical_replication_slot(${pair.slot}, 'pgoutput')`;
    const writer = await sql.reserve();
    onTestFinished(() => writer.release());
    await writer`begin`;
    await writer`insert into orders values (1000)`;
    await sql`create publication ${sql(pair.publication)}`;
    const prepared = await ask(pair);
    const connection = await upstream.connect(target, { signal: AbortSignal.timeout(30_000) });
    const facts = await readSlotFacts(connection, pair);
    // Before PostgreSQL 18 the slot is read: it has nothing to tell as yet, and fails when the writer commits.
    const before18 = await rehearse(connection, pair, { ...facts, versionNumber: 170_000 });
    const surelyOlder = await rehearse(connection, pair, { ...facts, isPublicationOlder: true });
    await connection.close();
    await writer`rollback`;
    expect(prepared).toMatchObject({ ok: true, warnings: [{ code: 'publication_may_be_newer' }] });
    expect([before18, surelyOlder]).toEqual(['unsure', 'works']);
  });

  test('a slot that is made here after a publication is good, although an older slot holds the horizon back', async () => {
    const { sql } = primary;
    const [older, pair] = [names(), names()];
    await sql`select pg_create_logical_replication_slot(${older.slot}, 'pgoutput')`;
    await sql`create publication ${sql(pair.publication)}`;
    expect(await ask({ ...pair, createIfMissing: true })).toMatchObject({ ok: true, warnings: [] });
  });
});

describe('what is missing', () => {
  test('is made in the order in which it can be used, and read to the first change', async () => {
    const pair = names();
    const prepared = await ask({ ...pair, createIfMissing: true, tables: ['public.orders'] });
    expect(failures(prepared)).toEqual({});
    expect(prepared).toMatchObject({ ok: true, warnings: [], made: { slot: true, publication: true } });
    await primary.sql`insert into orders values (1) on conflict do nothing`;
    await primary.sql`select pg_switch_wal()`;
    const [read] = await primary.sql`
      select count(*)::int as count from pg_logical_slot_get_binary_changes(
        ${pair.slot}, null, null, 'proto_version', '1', 'publication_names', ${`"${pair.publication}"`})`;
    expect(read?.['count']).toBeGreaterThan(0);
  });

  test('is made once: who asks again finds it', async () => {
    const pair = { ...names(), createIfMissing: true, tables: ['public.orders'] };
    await ask(pair);
    expect(await ask(pair)).toMatchObject({ ok: true, made: { slot: false, publication: false } });
  });

  test('is made with names as they are, whatever stands in them', async () => {
    const { sql } = primary;
    await sql`create schema if not exists "S; drop" authorization app`;
    await sql`create table if not exists "S; drop"."t "" x" (id int)`;
    await sql`alter table "S; drop"."t "" x" owner to app`;
    const pair = { slot: names().slot, publication: `p"; drop table orders; -- '$1 %I` };
    const prepared = await ask({ ...pair, createIfMissing: true, tables: ['"S; drop"."t "" x"'] });
    expect(failures(prepared)).toEqual({});
    expect(await whatIsThere(sql, pair)).toEqual({ slot: true, publication: true });
    expect(
      await sql`select tablename from pg_publication_tables where pubname = ${pair.publication}`,
    ).toEqual([{ tablename: 't " x' }]);
    expect(await sql`select to_regclass('public.orders') as orders`).toEqual([{ orders: 'orders' }]);
  });

  test('is undone when it is not used after all, and nothing that was there before', async () => {
    const pair = names();
    const request = { target: primary.target, ...pair };
    const { made } = await ask({ ...pair, createIfMissing: true, tables: ['public.orders'] });
    expect(await undoMade(upstream, [{ request, made }])).toEqual([]);
    expect(await whatIsThere(primary.sql, pair)).toEqual({ slot: false, publication: false });
    await primary.sql`create publication ${primary.sql(pair.publication)} for all tables`;
    const second = await ask({ ...pair, createIfMissing: true });
    expect(await undoMade(upstream, [{ request, made: second.made }])).toEqual([]);
    expect(await whatIsThere(primary.sql, pair)).toEqual({ slot: false, publication: true });
  });

  test('cannot be a publication for a slot that is there, whose reader would be behind it', async () => {
    const pair = names();
    await primary.sql`select pg_create_logical_replication_slot(${pair.slot}, 'pgoutput')`;
    const prepared = await ask({ ...pair, createIfMissing: true });
    expect(failures(prepared)).toEqual({ publication_before_slot: 'publication_newer_than_slot' });
    expect(await whatIsThere(primary.sql, pair)).toEqual({ slot: true, publication: false });
  });

  test('a publication that is there is held against the tables, and never changed', async () => {
    const pair = names();
    const { sql } = primary;
    await sql`create table if not exists public.other (id int)`;
    await makePair(sql, pair);
    const tables = ['public.orders', 'public.other', 'public.none'];
    const prepared = await ask({ ...pair, createIfMissing: true, tables });
    expect(failures(prepared)).toEqual({ publication: 'publication_lacks_tables' });
    expect(prepared.checks.find(({ name }) => name === 'publication')?.message).toContain(
      'public.other, public.none',
    );
  });

  test.each([
    ['table_missing', { tables: ['public.orders', 'public.none'] }],
    ['publication_not_permitted', {}],
    ['publication_not_permitted', { tables: ['public.foreign_one'] }],
    ['publication_refused', { tables: ['public.seen'] }],
  ])('%s of %j leaves nothing behind', async (code, over) => {
    const pair = names();
    await primary.sql`create table if not exists public.foreign_one (id int)`;
    await primary.sql`create or replace view public.seen as select 1 as one`;
    await primary.sql`alter view public.seen owner to app`;
    const prepared = await ask({ ...pair, createIfMissing: true, ...over });
    expect(failures(prepared)).toEqual({ publication: code });
    expect(prepared.leftBehind).toEqual([]);
    expect(await whatIsThere(primary.sql, pair)).toEqual({ slot: false, publication: false });
  });

  test.each([
    [['public.orders', 'public.nope'], 'There is no table public.nope.'],
    [['public.nope', 'public.orders', 'none."Or,ders"'], 'There are no tables public.nope, none."Or,ders".'],
    [
      Array.from({ length: 7 }, (_, nth) => `public.nope_${nth}`),
      'There are no tables public.nope_0, public.nope_1, public.nope_2, public.nope_3, public.nope_4 and 2 more.',
    ],
  ])('for the tables %j is told by name: %s', async (tables, message) => {
    const { checks } = await ask({ createIfMissing: true, tables });
    expect(checks).toMatchObject([{ name: 'publication', code: 'table_missing', message }]);
  });

  test('is not made when all slots are taken, and the publication is not made either', async () => {
    const { sql } = primary;
    for (let taken = 0; taken < 6; taken += 1)
      await sql`select pg_create_physical_replication_slot(${`taken_${taken}`})`;
    const pair = names();
    const prepared = await ask({ ...pair, createIfMissing: true, tables: ['public.orders'] });
    expect(failures(prepared)).toEqual({ replication_slots: 'slots_exhausted' });
    expect(await whatIsThere(sql, pair)).toEqual({ slot: false, publication: false });
  });

  test('is given up and undone when a long transaction keeps the slot waiting', async () => {
    const writer = await primary.sql.reserve();
    await writer`begin`;
    await writer`create table public.never (id int)`;
    const pair = names();
    const prepared = await ask({ ...pair, createIfMissing: true, tables: ['public.orders'] });
    expect(failures(prepared)).toEqual({ slot: 'slot_creation_timeout' });
    expect(prepared.leftBehind).toEqual([]);
    expect(await whatIsThere(primary.sql, pair)).toEqual({ slot: false, publication: false });
    await writer`rollback`;
    writer.release();
  });

  test('is undone when the caller leaves while the slot is waiting', async () => {
    const writer = await primary.sql.reserve();
    await writer`begin`;
    await writer`create table public.never (id int)`;
    const pair = names();
    const caller = new AbortController();
    const { prepareSlot } = await import('../src/replication/prepare-slot.ts');
    const preparing = prepareSlot(
      ...[upstream, { target: primary.target, ...pair, createIfMissing: true, tables: ['public.orders'] }],
      caller.signal,
    );
    await expect
      .poll(async () => await whatIsThere(primary.sql, pair), { timeout: 10_000 })
      .toEqual({ slot: true, publication: true });
    caller.abort();
    const prepared = await preparing;
    expect(prepared).toMatchObject({ ok: false, leftBehind: [] });
    expect(failures(prepared)).toEqual({ server: 'cancelled' });
    expect(await whatIsThere(primary.sql, pair)).toEqual({ slot: false, publication: false });
    await writer`rollback`;
    writer.release();
  });
});

describe('a role', () => {
  test('that may not use slots is not_replication_role, before anything is made', async () => {
    const { sql, server } = primary;
    await sql`create role plain login password 'plain'`;
    const pair = names();
    const target = targetOf(server, { username: 'plain', password: 'plain' });
    const prepared = await ask({ ...pair, target, createIfMissing: true });
    expect(failures(prepared)).toEqual({ role: 'not_replication_role' });
    expect(await whatIsThere(sql, pair)).toEqual({ slot: false, publication: false });
  });

  test('that a provider lets use slots by a role of its own is good', async () => {
    const { sql, server } = primary;
    await sql`create role rds_replication`;
    await sql`create role member login password 'member' in role rds_replication`;
    const prepared = await ask({ target: targetOf(server, { username: 'member', password: 'member' }) });
    expect(failures(prepared)).not.toHaveProperty('role');
  });

  test('that is not told the system identifier gets host and port in its place', async () => {
    const { sql, target } = primary;
    const pair = names();
    await makePair(sql, pair);
    await sql`revoke execute on function pg_control_system() from public`;
    const prepared = await ask({ ...pair, target: { ...target, host: '127.0.0.1' } });
    await sql`grant execute on function pg_control_system() to public`;
    expect(prepared.upstreamId).toBe(`127.0.0.1:${target.port}`);
  });
});

test('a primary for a server that is none of its standbys is primary_not_needed', async () => {
  const pair = names();
  await makePair(primary.sql, pair);
  expect(failures(await ask({ ...pair, primary: primary.target }))).toEqual({
    primary: 'primary_not_needed',
  });
});

test('a server that is not reached is told by the step that failed, and which of the two it was', async () => {
  const nowhere = { ...primary.target, port: 1 };
  expect(failures(await ask({ target: nowhere }))).toEqual({ reach: 'refused' });
  const prepared = await ask({ primary: nowhere });
  expect(prepared.checks[0]?.message).toMatch(/^The primary: /);
});
