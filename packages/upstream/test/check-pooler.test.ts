import {
  ensurePgBouncer,
  startPgBouncer,
  startUpstream,
  type TestPgBouncer,
  type TestUpstream,
} from '@headgate/testing/upstreams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detectPooler } from '../src/check/pooler.ts';
import { ALL_PASSED, check, codesOf, failingAt, steps } from './check-support.ts';

const hasPgBouncer = await ensurePgBouncer();

// Where PgBouncer cannot be had these are skipped, except in CI, where `ensurePgBouncer` throws.
describe.skipIf(!hasPgBouncer).each(['transaction', 'session'] as const)(
  'the check through PgBouncer in %s mode',
  (mode) => {
    let server: TestUpstream;
    let pooler: TestPgBouncer;
    beforeAll(async () => {
      server = await startUpstream();
      pooler = await startPgBouncer(server, { mode, settings: { default_pool_size: '1' } });
    });
    afterAll(async () => {
      await pooler.stop();
      await server.stop();
    });

    test('sees that a pooler answers', async () => {
      const result = await check(pooler, { wantedConnections: 10 });
      expect(result).toMatchObject({ ok: true, server: { pooler: 'pgbouncer' } });
      expect(codesOf(result)).toContain('behind_pooler');
      expect((await check(server)).server).not.toHaveProperty('pooler');
    });

    test('tells of the server behind it what the server tells itself', async () => {
      const [direct, pooled] = await Promise.all([check(server), check(pooler, { wantedConnections: 10 })]);
      expect(steps(pooled)).toEqual(ALL_PASSED);
      const { systemIdentifier, maxConnections, walLevel } = direct.server ?? {};
      expect(pooled.server).toMatchObject({ systemIdentifier, maxConnections, walLevel });
      expect(pooled.budget).toMatchObject({ state: 'fits' });
    });

    test('leaves the connection behind it as it was, also after a refused question', async () => {
      await server.sql()`revoke execute on function pg_catalog.pg_control_system() from public`;
      for (let round = 0; round < 3; round += 1) expect(await check(pooler)).toMatchObject({ ok: true });
      const [session] = await server.sql()`
        select count(*)::int, max(state) as state from pg_stat_activity
        where usename = 'app' and backend_type = 'client backend'`;
      expect(session).toEqual({ count: 1, state: 'idle' });
    });

    test('warns where its console answers, and no database', async () => {
      const result = await check({ ...pooler, database: 'pgbouncer' }, { wantedConnections: 10 });
      expect(steps(result)).toEqual([...ALL_PASSED.slice(0, -1), 'server:warned:facts_refused']);
      expect(result.server).toMatchObject({ pooler: 'pgbouncer' });
      expect(result).not.toHaveProperty('budget');
    });
  },
);

describe.skipIf(!hasPgBouncer)('the check through PgBouncer', () => {
  test('says that there are no transactions in statement mode', async () => {
    const server = await startUpstream();
    const pooler = await startPgBouncer(server, { mode: 'statement' });
    try {
      expect(steps(await check(pooler))).toEqual(failingAt('server', 'pooler_statement_mode'));
    } finally {
      await pooler.stop();
      await server.stop();
    }
  });

  test('passes the login and fails behind it, in its time, when the server is gone that it knew', async () => {
    const server = await startUpstream();
    const pooler = await startPgBouncer(server);
    try {
      expect(await check(pooler)).toMatchObject({ ok: true });
      await server.stop();
      const result = await check(pooler, { signal: AbortSignal.timeout(5000) });
      expect(steps(result)).toEqual(failingAt('server', 'timeout'));
    } finally {
      await pooler.stop();
    }
  });
});

describe('a pooler is told by its host', () => {
  const direct = { parameters: new Map(), processId: 42 };
  test.each([
    ['aws-0-eu-central-1.pooler.supabase.com', 'supavisor'],
    ['AWS-0-EU-CENTRAL-1.POOLER.SUPABASE.COM.', 'supavisor'],
    ['ep-cool-darkness-a1b2c3d4-pooler.us-east-2.aws.neon.tech', 'neon'],
    ['my-proxy.proxy-abc123def456.us-east-1.rds.amazonaws.com', 'rds_proxy'],
    ['my-proxy.endpoint.proxy-abc123def456.us-east-1.rds.amazonaws.com', 'rds_proxy'],
    ['db.abcdefghijklmnopqrst.supabase.co', undefined],
    ['pooler.supabase.com.example.com', undefined],
    ['ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech', undefined],
    ['my-pooler.example.com', undefined],
    ['mydb.abc123def456.us-east-1.rds.amazonaws.com', undefined],
    ['proxy-abc.example.com', undefined],
  ])('%s: %s', (host, pooler) => {
    expect(detectPooler(host, direct, 42)).toBe(pooler);
  });

  test('and by a process that is not the one which serves', () => {
    expect(detectPooler('db.example.com', direct, 43)).toBe('unknown');
    expect(detectPooler('db.example.com', direct, undefined)).toBeUndefined();
    expect(detectPooler('db.example.com', { ...direct, processId: undefined }, 43)).toBeUndefined();
  });
});
