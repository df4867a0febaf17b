import {
  answersAlways,
  misbehaviours,
  startFakeServer,
  startProxy,
  startUpstream,
} from '@headgate/testing/upstreams';
import { describe, expect, test } from 'vitest';
import { check, failingAt, PATIENCE, steps } from './check-support.ts';

/** What a test waits for; the service waits longer. */
const LIMIT_MS = 1500;
const MEBIBYTE = 1024 * 1024;

describe('the check of what is no PostgreSQL, or a broken one', () => {
  test.each([
    { name: 'closesAtOnce', at: 'login', code: 'closed' },
    { name: 'closesAtFirstWords', at: 'login', code: 'closed' },
    { name: 'closesInLogin', at: 'login', code: 'closed' },
    { name: 'resetsInLogin', at: 'login', code: 'closed' },
    { name: 'nonsense', at: 'login', code: 'protocol_error' },
    { name: 'silent', at: 'login', code: 'timeout' },
    { name: 'drips', at: 'login', code: 'timeout' },
    { name: 'endlessError', at: 'login', code: 'protocol_error' },
    { name: 'endlessNotices', at: 'login', code: 'too_much' },
    { name: 'closesAtFirstWords', at: 'tls', code: 'closed', sslMode: 'require' },
    { name: 'silent', at: 'tls', code: 'timeout', sslMode: 'require' },
    { name: 'silentAfterTls', at: 'tls', code: 'timeout', sslMode: 'require' },
    { name: 'nonsense', at: 'tls', code: 'protocol_error', sslMode: 'require' },
    { name: 'silentAfterLogin', at: 'server', code: 'timeout' },
    { name: 'closesAfterLogin', at: 'server', code: 'closed' },
    { name: 'endlessRows', at: 'server', code: 'too_much' },
    { name: 'nonsenseAfterTls', at: 'tls', code: 'protocol_error', sslMode: 'require' },
  ] as const)('tells $code at $at where it $name', async ({ name, at, code, ...over }) => {
    const server = await startFakeServer(misbehaviours[name]);
    try {
      const begun = performance.now();
      const result = await check({ ...server, ...over }, { signal: AbortSignal.timeout(LIMIT_MS) });
      expect(steps(result)).toEqual(failingAt(at, code));
      expect(performance.now() - begun).toBeLessThan(PATIENCE.timeout);
      expect(result.error?.length).toBeLessThan(400);
      // No connection is left, and the server could not send what nobody reads.
      await expect.poll(server.open, PATIENCE).toBe(0);
      expect(server.bytesWritten()).toBeLessThan(32 * MEBIBYTE);
    } finally {
      await server.stop();
    }
  });

  test('hands on nothing that does harm of what a server says of itself', async () => {
    const evil = `\u001b[2J\u202etext\n${'<script>'.repeat(100)}`;
    const names = [
      'server_version',
      'TimeZone',
      'wal_level',
      'max_connections',
      'system_identifier',
      'wal_position',
    ];
    const server = await startFakeServer(
      answersAlways({
        ...Object.fromEntries(names.map((name) => [name, evil])),
        ...{ in_recovery: evil, used: '-1', process_id: evil, role_limit: evil, database_limit: evil },
        extensions: `${evil} 1,postgis ${evil},,vector`,
      }),
    );
    try {
      const result = await check(server, { wantedConnections: 10, replicaOf: {} });
      const text = JSON.stringify(result);
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]|\\u001b|\\n/u);
      expect(text.length).toBeLessThan(5000);
      expect(result.server).not.toHaveProperty('maxConnections');
      expect(result).not.toHaveProperty('budget');
    } finally {
      await server.stop();
    }
  });

  test('holds its memory while servers send without end', async () => {
    const server = await startFakeServer(misbehaviours.endlessNotices);
    try {
      const before = process.memoryUsage().rss;
      for (let round = 0; round < 50; round += 1) {
        expect(await check(server)).toMatchObject({ ok: false });
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(96 * MEBIBYTE);
    } finally {
      await server.stop();
    }
  });
});

describe('the check of a server that is slow', () => {
  test('waits for one that answers late, within its time', async () => {
    const server = await startUpstream();
    const slow = await startProxy(server, { delayMs: 100 });
    try {
      const result = await check({ ...server, port: slow.port });
      expect(result).toMatchObject({ ok: true, server: { walLevel: 'logical' } });
      expect(result.latencyMs).toBeGreaterThanOrEqual(300);
    } finally {
      await slow.stop();
      await server.stop();
    }
  });

  test('tells which step it gave up at, when one stops answering after the login', async () => {
    const server = await startUpstream();
    const session = await server.sql().reserve();
    try {
      // Whoever logs in needs this catalog once it is invalid in the caches.
      await session`begin`;
      await session`lock table pg_catalog.pg_authid, pg_catalog.pg_database in access exclusive mode`;
      const result = await check(server, { signal: AbortSignal.timeout(LIMIT_MS) });
      expect(steps(result)).toEqual(failingAt('login', 'timeout'));
    } finally {
      session.release();
      await server.stop();
    }
  });
});
