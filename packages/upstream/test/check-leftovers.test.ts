import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startUpstream, type TestUpstream } from '@headgate/testing/upstreams';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check, PATIENCE, steps, targetOf } from './check-support.ts';

const CHILD = fileURLToPath(new URL('check-child.ts', import.meta.url));

describe('a check leaves nothing on the server', () => {
  let server: TestUpstream;
  let sql: postgres.Sql;
  beforeAll(async () => {
    server = await startUpstream();
    sql = server.sql('postgres');
  });
  afterAll(async () => await server.stop());

  const ours =
    (state = '') =>
    async (): Promise<number> => {
      const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where backend_type = 'client backend' and usename = ${server.username}
        and coalesce(wait_event_type, '') like ${`${state}%`}`;
      return row?.count ?? 0;
    };

  /** Has every check wait, as long as it may, for the list of extensions. */
  async function whileItWaits(work: () => Promise<void>): Promise<void> {
    const session = await server.sql().reserve();
    await session`begin`;
    await session`lock table pg_catalog.pg_extension in access exclusive mode`;
    try {
      await work();
    } finally {
      await session`rollback`;
      session.release();
    }
  }

  test('when it is done, and when the login fails', async () => {
    expect((await check(server)).ok).toBe(true);
    expect((await check({ ...server, password: 'hunter2' })).ok).toBe(false);
    await expect.poll(ours(), PATIENCE).toBe(0);
  });

  test('when it is given up while the server works on a question, which is cancelled there', async () => {
    await whileItWaits(async () => {
      const caller = new AbortController();
      const result = check(server, { signal: caller.signal });
      await expect.poll(ours('Lock'), PATIENCE).toBe(1);
      caller.abort();
      expect(await result).toMatchObject({ ok: false, latencyMs: expect.any(Number) });
      expect(steps(await result).at(-1)).toBe('server:failed:cancelled');
      await expect.poll(ours(), PATIENCE).toBe(0);
    });
  });

  test('when it is given up at any moment', async () => {
    for (let delayMs = 0; delayMs < 40; delayMs += 1) {
      const caller = new AbortController();
      const timer = setTimeout(() => caller.abort(), delayMs);
      const { ok, checks } = await check(server, { signal: caller.signal });
      clearTimeout(timer);
      expect(ok || checks.some(({ code }) => code === 'cancelled')).toBe(true);
    }
    await expect.poll(ours(), PATIENCE).toBe(0);
  });

  test('when it was given up before it began', async () => {
    const result = await check(server, { signal: AbortSignal.abort() });
    expect(steps(result)[0]).toBe('name:failed:cancelled');
    expect(result.checks.slice(1).every(({ outcome }) => outcome === 'skipped')).toBe(true);
  });

  test('when its process is killed in the middle of a question', async () => {
    await whileItWaits(async () => {
      const child = spawn(process.execPath, [CHILD, JSON.stringify(targetOf(server))], { stdio: 'ignore' });
      try {
        await expect.poll(ours('Lock'), PATIENCE).toBe(1);
      } finally {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await expect.poll(ours(), PATIENCE).toBe(0);
    });
  });
});
