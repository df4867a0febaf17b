import { startStandby, startUpstream, type TestUpstream } from '@headgate/testing/upstreams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult, PrimaryFacts } from '../src/index.ts';
import { ALL_PASSED, check, codesOf, failingAt, PATIENCE, steps } from './check-support.ts';

/** Replay does not stop at once when it is told to. */
async function pauseState(server: TestUpstream): Promise<string | undefined> {
  const [row] = await server.sql()<{ state: string }[]>`select pg_get_wal_replay_pause_state() as state`;
  return row?.state;
}

describe('the check of a replica', () => {
  let primary: TestUpstream;
  let standby: TestUpstream;
  let other: TestUpstream;
  beforeAll(async () => {
    [primary, other] = await Promise.all([startUpstream(), startUpstream()]);
    standby = await startStandby(primary);
    await primary.sql()`create table events (id int)`;
  });
  afterAll(async () => {
    await standby.stop();
    await Promise.all([primary.stop(), other.stop()]);
  });

  async function factsOf(server: TestUpstream): Promise<PrimaryFacts> {
    return (await check(server)).server ?? {};
  }
  const replica = (server: TestUpstream, replicaOf: PrimaryFacts) => async (): Promise<CheckResult> =>
    await check(server, { replicaOf });

  test('passes one that follows its primary, and tells that nothing is missing once it has caught up', async () => {
    const facts = await factsOf(primary);
    const result = async () => (await check(standby, { replicaOf: facts })).server;
    await expect.poll(result, PATIENCE).toMatchObject({
      ...{ inRecovery: true, systemIdentifier: facts.systemIdentifier },
      ...{ replicationLagBytes: 0, replicationLagSeconds: null },
    });
    const last = await check(standby, { replicaOf: facts });
    expect(steps(last)).toEqual([...ALL_PASSED, 'replica:passed']);
    expect(last.ok).toBe(true);
    expect(codesOf(last)).toEqual(['plain_connection']);
    // That is what its primary has.
    expect(last.server).not.toHaveProperty('walPosition');
  });

  test('tells how far behind it is, in bytes and in seconds', async () => {
    await primary.sql()`insert into events values (0)`;
    // Until a transaction has been replayed nobody knows how old the last one is.
    const hasReplayed = async () =>
      await standby.sql()`select pg_last_xact_replay_timestamp() is not null as replayed`;
    await expect.poll(hasReplayed, PATIENCE).toEqual([{ replayed: true }]);
    const caughtUp = replica(standby, await factsOf(primary));
    await expect.poll(caughtUp, PATIENCE).toMatchObject({ server: { replicationLagBytes: 0 } });
    await standby.sql()`select pg_wal_replay_pause()`;
    await expect.poll(async () => await pauseState(standby), PATIENCE).toBe('paused');
    await primary.sql()`insert into events select generate_series(1, 10000)`;
    // Whoever commits without waiting for the disk has written a little later.
    const behind = async () => (await check(standby, { replicaOf: await factsOf(primary) })).server;
    await expect.poll(async () => (await behind())?.replicationLagBytes, PATIENCE).toBeGreaterThan(500_000);
    expect((await behind())?.replicationLagSeconds).toBeGreaterThan(0);
    // Without the word of its primary, it is known only what was received and waits.
    const received = async () => (await check(standby, { replicaOf: {} })).server?.replicationLagBytes;
    await expect.poll(received, PATIENCE).toBeGreaterThan(500_000);
    await standby.sql()`select pg_wal_replay_resume()`;
    await expect
      .poll(replica(standby, await factsOf(primary)), PATIENCE)
      .toMatchObject({ server: { replicationLagBytes: 0, replicationLagSeconds: null } });
  });

  test('refuses a primary', async () => {
    const result = await check(primary, { replicaOf: await factsOf(primary) });
    expect(steps(result)).toEqual([...ALL_PASSED, 'replica:failed:not_a_replica']);
    expect(result).toMatchObject({ ok: false, error: expect.stringContaining('not in recovery') });
  });

  test('refuses a standby of another primary', async () => {
    const result = await check(standby, { replicaOf: await factsOf(other) });
    expect(steps(result)).toEqual([...ALL_PASSED, 'replica:failed:other_cluster']);
    expect(result.ok).toBe(false);
  });

  test('warns where it cannot be told whom it follows', async () => {
    const result = await check(standby, { replicaOf: {} });
    expect(steps(result)).toEqual([...ALL_PASSED, 'replica:warned:system_unknown']);
    expect(result.ok).toBe(true);
  });

  test('warns of a standby that is checked as a primary', async () => {
    expect(codesOf(await check(standby))).toEqual(['plain_connection', 'in_recovery']);
  });

  test('does not count as used what its primary sends it its WAL with', async () => {
    const [senders] = await primary.sql()`select count(*)::int from pg_stat_replication`;
    expect(senders).toEqual({ count: 1 });
    const [clients] = await primary.sql()`
      select count(*)::int from pg_stat_activity where backend_type = 'client backend'`;
    const { server } = await check(primary);
    expect(server?.usedConnections).toBe(clients?.['count']);
  });

  test('comes to the login and no further where the standby takes no reads', async () => {
    const closed = await startStandby(primary, { settings: { hot_standby: 'off' } });
    try {
      const result = await check(closed, { replicaOf: await factsOf(primary) });
      expect(steps(result)).toEqual([...failingAt('login', 'starting_up'), 'replica:skipped']);
    } finally {
      await closed.stop();
    }
  });
});
