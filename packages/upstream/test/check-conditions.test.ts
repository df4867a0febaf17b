import { issueSelfSigned } from '@headgate/testing';
import {
  fillUpstream,
  freePort,
  startEndlesslyStartingUpstream,
  startUpstream,
  type TestUpstream,
} from '@headgate/testing/upstreams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check, failingAt, steps, TIME_LIMIT_MS } from './check-support.ts';

describe('the check of a PostgreSQL that lets nobody in', () => {
  let server: TestUpstream;
  beforeAll(async () => {
    server = await startUpstream({
      tls: await issueSelfSigned({ name: 'localhost' }),
      settings: {
        max_connections: '8',
        superuser_reserved_connections: '2',
        max_wal_senders: '0',
        wal_level: 'replica',
      },
      hba: [
        'host all rejected 127.0.0.1/32 reject',
        'host app app 127.0.0.1/32 scram-sha-256',
        'host closed app 127.0.0.1/32 scram-sha-256',
        'host missing app 127.0.0.1/32 scram-sha-256',
        'host app idle 127.0.0.1/32 scram-sha-256',
      ],
    });
    await server.sql('postgres')`create role idle nologin password 'secret'`;
    await server.sql('postgres')`create role limited login password 'secret' connection limit 0`;
    await server.sql('postgres')`create database closed allow_connections false`;
  });
  afterAll(async () => await server.stop());

  test.each([
    { what: 'a wrong password', over: { password: 'hunter2' }, code: 'wrong_password' },
    { what: 'a database that is not there', over: { database: 'missing' }, code: 'no_such_database' },
    {
      what: 'a database that takes no connections',
      over: { database: 'closed' },
      code: 'login_not_permitted',
    },
    {
      what: 'a role that may not log in',
      over: { username: 'idle', password: 'secret' },
      code: 'login_not_permitted',
    },
    {
      what: 'a line that rejects',
      over: { username: 'rejected', sslMode: 'require' },
      code: 'no_pg_hba_entry',
    },
    { what: 'no line that fits', over: { username: 'unknown', sslMode: 'require' }, code: 'no_pg_hba_entry' },
  ] as const)('tells $what', async ({ over, code }) => {
    const result = await check({ ...server, ...over });
    expect(result).toMatchObject({ ok: false, latencyMs: null, warnings: [], error: expect.any(String) });
    expect(result).not.toHaveProperty('server');
    const failed = result.checks.find(({ outcome }) => outcome === 'failed');
    expect(failed).toMatchObject({ name: 'login', message: result.error, hint: expect.any(String) });
    const expected = failingAt('login', code);
    expect(steps(result)).toEqual('sslMode' in over ? expected.with(3, 'tls:passed') : expected);
    expect(JSON.stringify(result)).not.toContain('password' in over ? over.password : server.password);
  });

  test('tells a server with no connection left', async () => {
    const filled = await fillUpstream(server);
    const result = await check(server);
    await filled.release();
    expect(steps(result)).toEqual(failingAt('login', 'too_many_connections'));
  });

  test('tells a port that nobody listens on', async () => {
    const result = await check({ ...server, port: await freePort() });
    expect(steps(result)).toEqual(failingAt('reach', 'refused'));
  });

  test('tells an address that may not be dialled, and dials nothing', async () => {
    const result = await check({ ...server, host: '10.0.0.1' });
    expect(steps(result)).toEqual(failingAt('address', 'address_refused'));
  });
});

test('the check of a server that is starting up says so at once', async () => {
  const server = await startEndlesslyStartingUpstream();
  try {
    const begun = performance.now();
    const result = await check(server);
    expect(steps(result)).toEqual(failingAt('login', 'starting_up'));
    expect(performance.now() - begun).toBeLessThan(TIME_LIMIT_MS);
  } finally {
    await server.stop();
  }
});
