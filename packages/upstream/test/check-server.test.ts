import { issueSelfSigned } from '@headgate/testing';
import { startUpstream, type TestUpstream } from '@headgate/testing/upstreams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_PASSED, check, codesOf, steps } from './check-support.ts';

describe('the check of a server that works', () => {
  let server: TestUpstream;
  beforeAll(async () => {
    server = await startUpstream({
      tls: await issueSelfSigned({ name: 'localhost', dnsNames: ['localhost'] }),
      settings: { superuser_reserved_connections: '4', reserved_connections: '2' },
    });
  });
  afterAll(async () => await server.stop());

  test('names every step as passed, with how long it took', async () => {
    const result = await check(server);
    expect(steps(result)).toEqual(ALL_PASSED);
    expect(result.ok).toBe(true);
    expect(Number.isInteger(result.latencyMs)).toBe(true);
    expect(result).not.toHaveProperty('error');
    for (const { durationMs, ...step } of result.checks) {
      expect(Number.isInteger(durationMs) && durationMs >= 0, `${durationMs} ms`).toBe(true);
      expect(step).not.toHaveProperty('hint');
    }
  });

  test('tells what the server is', async () => {
    const [control] = await server.sql()<{ id: string }[]>`
      select system_identifier::text as id from pg_control_system()`;
    const { server: facts } = await check(server);
    expect(facts).toEqual({
      ...{ version: expect.stringMatching(/^\d+\.\d+$/), versionNumber: expect.any(Number) },
      ...{
        inRecovery: false,
        maxConnections: 100,
        reservedConnections: 6,
        usedConnections: expect.any(Number),
      },
      ...{ walLevel: 'logical', maxReplicationSlots: 10, timeZone: expect.any(String), extensions: [] },
      ...{ systemIdentifier: control?.id, walPosition: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/) },
    });
  });

  test('names the extensions that matter, of all that are there', async () => {
    await server.sql()`create extension pg_trgm`;
    await server.sql()`create extension citext`;
    const { server: facts } = await check(server);
    expect(facts?.extensions).toEqual([{ name: 'pg_trgm', version: expect.stringMatching(/^\d+\.\d+$/) }]);
  });

  test('tells of the encryption where there is one, and warns of nothing', async () => {
    const result = await check({ ...server, sslMode: 'require' });
    expect(steps(result)).toEqual(ALL_PASSED.with(3, 'tls:passed'));
    expect(result).toMatchObject({ ok: true, server: { tls: 'TLSv1.3' }, warnings: [] });
  });

  test('warns of what is not encrypted, and of no more for an ordinary role', async () => {
    expect(codesOf(await check(server))).toEqual(['plain_connection']);
  });

  test('warns of a superuser, and of passwords stored as MD5', async () => {
    const sql = server.sql();
    await sql.unsafe(
      `alter role ${server.superuser.username} in database app set password_encryption = 'md5'`,
    );
    const result = await check({ ...server, ...server.superuser });
    await sql.unsafe(`alter role ${server.superuser.username} in database app reset password_encryption`);
    expect(codesOf(result)).toEqual(['plain_connection', 'superuser_role', 'md5_password']);
  });

  test('tells all that anybody may know to a role that may do nothing', async () => {
    const sql = server.sql();
    await server.sql()`create role nobody login password 'secret'`;
    await sql`revoke all on schema public from public`;
    await sql`revoke execute on function pg_catalog.pg_control_system() from public`;
    const result = await check(
      { ...server, username: 'nobody', password: 'secret' },
      { wantedConnections: 10 },
    );
    expect(steps(result)).toEqual(ALL_PASSED);
    expect(result.server).not.toHaveProperty('systemIdentifier');
    expect(result.server).toMatchObject({
      inRecovery: false,
      walLevel: 'logical',
      extensions: expect.any(Array),
    });
    expect(result.budget).toMatchObject({ state: 'fits', wanted: 10 });
    await sql`grant execute on function pg_catalog.pg_control_system() to public`;
  });

  test('is not led astray by what a schema of the customer calls like something of PostgreSQL', async () => {
    const sql = server.sql();
    await sql`create schema trap`;
    await sql`grant usage on schema trap to public`;
    await sql`create view trap.pg_stat_activity as select 1 as nothing`;
    await sql`create function trap.current_setting(text, boolean) returns text language sql as 'select ''trapped'''`;
    await sql`alter role app set search_path = trap, pg_catalog`;
    const { server: facts } = await check(server);
    expect(facts).toMatchObject({ walLevel: 'logical', usedConnections: expect.any(Number) });
    await sql`alter role app reset search_path`;
  });

  test('answers within its time although somebody holds a catalog', async () => {
    const session = await server.sql().reserve();
    await session`begin`;
    await session`lock table pg_catalog.pg_extension in access exclusive mode`;
    const result = await check(server);
    await session`rollback`;
    session.release();
    expect(steps(result)).toEqual(ALL_PASSED);
    expect(result.server).not.toHaveProperty('extensions');
    expect(result.server).toMatchObject({ walLevel: 'logical' });
  });
});
