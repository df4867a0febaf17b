import { ensurePgBouncer, startPgBouncer } from '@headgate/testing/upstreams';
import { afterAll, describe, expect, test } from 'vitest';
import { judgeServers } from '../src/replication/judge-server.ts';
import { readSlotFacts, type SlotFacts } from '../src/replication/slot-facts.ts';
import { isOtherUpstream, upstreamId } from '../src/replication/upstream-id.ts';
import {
  failures,
  names,
  prepare,
  startReplicationServer,
  upstream,
  whatIsThere,
} from './replication-support.ts';

describe('a server', () => {
  test('whose WAL is not logical is wal_level_not_logical', async () => {
    const { target } = await startReplicationServer({ settings: { wal_level: 'replica' } });
    const prepared = await prepare({ target, ...names(), createIfMissing: true });
    expect(failures(prepared)).toEqual({ wal_level: 'wal_level_not_logical' });
  });

  test('without slots is no_replication_slots', async () => {
    const { target } = await startReplicationServer({ settings: { max_replication_slots: '0' } });
    const prepared = await prepare({ target, ...names(), createIfMissing: true });
    expect(failures(prepared)).toEqual({ replication_slots: 'no_replication_slots' });
  });

  test('that sends its WAL to nobody is no_wal_senders', async () => {
    const { target } = await startReplicationServer({ settings: { max_wal_senders: '0' } });
    const prepared = await prepare({ target, ...names(), createIfMissing: true });
    expect(failures(prepared)).toEqual({ replication_slots: 'no_wal_senders' });
  });

  test('that has removed what a slot needs has it as slot_invalidated', async () => {
    const { target, sql } = await startReplicationServer({
      settings: { max_slot_wal_keep_size: '1MB', min_wal_size: '32MB', max_wal_size: '32MB' },
    });
    const pair = names();
    await sql`create publication ${sql(pair.publication)} for all tables`;
    await sql`select pg_create_logical_replication_slot(${pair.slot}, 'pgoutput')`;
    for (let segment = 0; segment < 4; segment += 1) {
      await sql`insert into orders select ${segment * 100} + n from generate_series(1, 10) n`;
      await sql`select pg_switch_wal()`;
    }
    await sql`checkpoint`;
    const prepared = await prepare({ target, ...pair });
    expect(failures(prepared)).toEqual({ slot: 'slot_invalidated' });
  });
});

test('a pooler in front of the server is a warning, and slots are verified and made through it', async () => {
  expect(await ensurePgBouncer(), 'PgBouncer is not installed, and could not be').toBe(true);
  const { server, sql, target } = await startReplicationServer();
  const pooler = await startPgBouncer(server);
  afterAll(async () => await pooler.stop());
  const pair = names();
  const wish = { ...pair, createIfMissing: true, tables: ['public.orders'] };
  const prepared = await prepare({ ...wish, target: { ...target, port: pooler.port } });
  expect(failures(prepared)).toEqual({});
  expect(prepared.warnings.map(({ code }) => code)).toEqual(['behind_pooler']);
  expect(await whatIsThere(sql, pair)).toEqual({ slot: true, publication: true });
});

describe('of a standby', () => {
  const facts = async (): Promise<SlotFacts> => {
    const { target } = await startReplicationServer();
    const connection = await upstream.connect(target, { signal: AbortSignal.timeout(30_000) });
    const read = await readSlotFacts(connection, names());
    await connection.close();
    return { ...read, inRecovery: true };
  };

  test('the version must be 16 at least', async () => {
    const standby = await facts();
    const judge = (versionNumber: number) =>
      judgeServers({
        ...{ server: { ...standby, versionNumber }, primary: undefined, isToBeMade: true },
      }).find(({ name }) => name === 'primary')?.code;
    expect([150_012, 159_999, 160_000].map(judge)).toEqual([
      ...['standby_too_old', 'standby_too_old', 'standby_needs_primary'],
    ]);
  });
});

describe('whose slot a slot is', () => {
  const at = { host: 'DB.Example.com.', port: 5432 };

  test.each([
    [{ systemIdentifier: '7710', inRecovery: false }, '7710'],
    [{ systemIdentifier: '7710', inRecovery: true }, '7710 at db.example.com:5432'],
    [{ systemIdentifier: undefined, inRecovery: false }, 'db.example.com:5432'],
    [{ systemIdentifier: undefined, inRecovery: true }, 'db.example.com:5432'],
  ])('%j is %s', (facts, id) => {
    expect(upstreamId(facts, at)).toBe(id);
  });

  test.each([
    ['7710', '7710', false],
    ['7710', '7711', true],
    ['7710 at a:1', '7710', false],
    ['7710 at a:1', '7710 at a:1', false],
    ['7710 at a:1', '7710 at b:1', true],
    ['7710 at a:1', '7711 at a:1', true],
    ['a:1', 'a:1', false],
    ['a:1', 'b:1', true],
    ['7710', 'a:1', false],
    ['10.0.0.1:5432', '10.0.0.2:5432', true],
  ])('%s and %s: surely others %s', (a, b, others) => {
    expect([isOtherUpstream(a, b), isOtherUpstream(b, a)]).toEqual([others, others]);
  });
});
