import { startStandby, type TestUpstream } from '@headgate/testing/upstreams';
import type { Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { undoMade } from '../src/replication/undo.ts';
import type { Target } from '../src/target.ts';
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
let standby: TestUpstream;
let sql: Sql;
let target: Target;
beforeAll(async () => {
  primary = await startReplicationServer({ settings: { max_wal_senders: '10' } });
  standby = await startStandby(primary.server);
  sql = standby.sql();
  target = targetOf(standby, primary.server);
  await primary.sql.unsafe(
    `grant execute on function pg_log_standby_snapshot() to ${primary.server.username}`,
  );
});
afterAll(async () => await standby.stop());
afterEach(async () => {
  await sql`select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active`;
});

const ask = async (over: Partial<Parameters<typeof prepare>[0]> = {}) =>
  await prepare({ target, primary: primary.target, ...names(), ...over });
const wish = () => ({ ...names(), createIfMissing: true, tables: ['public.orders'] });

describe('on a standby', () => {
  test('a publication is made on the primary and the slot here, without waiting for the primary to write', async () => {
    const pair = wish();
    const prepared = await ask(pair);
    expect(failures(prepared)).toEqual({});
    expect(prepared).toMatchObject({ ok: true, warnings: [], made: { slot: true, publication: true } });
    expect(await whatIsThere(sql, pair)).toEqual({ slot: true, publication: true });
    expect(await whatIsThere(primary.sql, pair)).toEqual({ slot: false, publication: true });
    const [control] = await sql`select system_identifier::text as id from pg_control_system()`;
    expect(prepared.upstreamId).toBe(`${control?.['id'] as string} at ${target.host}:${target.port}`);
  });

  test('what was made is undone where it was made', async () => {
    const pair = wish();
    const { made } = await ask(pair);
    expect(
      await undoMade(upstream, [{ request: { target, primary: primary.target, ...pair }, made }]),
    ).toEqual([]);
    expect(await whatIsThere(sql, pair)).toMatchObject({ slot: false });
    expect(await whatIsThere(primary.sql, pair)).toEqual({ slot: false, publication: false });
  });

  test('the primary is needed', async () => {
    expect(failures(await ask({ primary: undefined, createIfMissing: true }))).toEqual({
      primary: 'standby_needs_primary',
    });
  });

  test('what is given as the primary must be one', async () => {
    expect(failures(await ask({ primary: target, createIfMissing: true }))).toEqual({
      primary: 'primary_is_not_primary',
    });
  });

  test('the primary must be that of the standby', async () => {
    const other = await startReplicationServer();
    const prepared = await ask({ primary: other.target, createIfMissing: true });
    expect(failures(prepared)).toEqual({ primary: 'other_cluster' });
  });

  test('the database on the primary must be the same', async () => {
    const prepared = await ask({
      primary: { ...primary.target, database: 'postgres' },
      createIfMissing: true,
    });
    expect(failures(prepared)).toEqual({ primary: 'primary_other_database' });
  });

  test('a slot of the primary is none of the standby', async () => {
    const pair = names();
    await makePair(primary.sql, pair);
    expect(failures(await ask(pair))).toEqual({ slot: 'slot_missing' });
    await primary.sql`select pg_drop_replication_slot(${pair.slot})`;
  });
});

test('a standby whose own WAL is not logical, and that tells its primary nothing, is told so', async () => {
  const silent = await startStandby(primary.server, {
    settings: { wal_level: 'replica', hot_standby_feedback: 'off' },
  });
  const prepared = await ask({ target: targetOf(silent, primary.server), createIfMissing: true });
  await silent.stop();
  expect(failures(prepared)).toEqual({ wal_level: 'wal_level_not_logical' });
  expect(prepared.warnings.map(({ code }) => code)).toEqual(['no_hot_standby_feedback']);
});
