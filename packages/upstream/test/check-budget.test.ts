import { startUpstream, type TestUpstream } from '@headgate/testing/upstreams';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { check, codesOf, PATIENCE } from './check-support.ts';

describe('the connection budget', () => {
  let server: TestUpstream;
  let sql: postgres.Sql;
  const clients: postgres.Sql[] = [];

  beforeAll(async () => {
    server = await startUpstream({
      settings: { max_connections: '30', superuser_reserved_connections: '3', reserved_connections: '2' },
    });
    sql = server.sql('postgres');
    await sql`create role colleague login password 'secret'`;
    await sql`create database other`;
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(async (client) => await client.end({ timeout: 0 })));
    await sql`alter role app connection limit -1`;
    await sql`alter database app connection limit -1`;
    await expect.poll(used, PATIENCE).toBe(1);
  });
  afterAll(async () => await server.stop());

  /** What the server itself counts: its superuser sees all. */
  async function used(): Promise<number> {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity where backend_type = 'client backend'`;
    return row?.count ?? 0;
  }

  /** Connects so many times and stays. */
  async function occupy(count: number, over: Parameters<TestUpstream['url']>[0] = {}, name = 'app') {
    const options = { max: 1, connection: { application_name: name } };
    for (let index = 0; index < count; index += 1) {
      const client = postgres(server.url(over), options);
      clients.push(client);
      await client`select 1`;
    }
  }

  async function budget(wantedConnections: number, over: Partial<TestUpstream> = {}) {
    return (await check({ ...server, ...over }, { wantedConnections })).budget;
  }

  test('is what the server may have, less what it reserves and what others use', async () => {
    expect(await used()).toBe(1);
    const expected = { maxConnections: 30, reserved: 5, used: 1, available: 24 };
    expect(await budget(10)).toEqual({ ...expected, wanted: 10, state: 'fits' });
    await occupy(4, { username: 'colleague', password: 'secret' });
    expect(await budget(10)).toEqual({ ...expected, used: 5, available: 20, wanted: 10, state: 'fits' });
  });

  test.each([
    { wanted: 0, state: 'fits', warned: [] },
    { wanted: 19, state: 'fits', warned: [] },
    { wanted: 20, state: 'tight', warned: ['pools_near_server'] },
    { wanted: 24, state: 'tight', warned: ['pools_near_server'] },
    { wanted: 25, state: 'exceeds', warned: ['pools_exceed_server'] },
  ])('$state with $wanted of 24 wanted, and warns $warned', async ({ wanted, state, warned }) => {
    const result = await check(server, { wantedConnections: wanted });
    expect(result.budget).toMatchObject({ available: 24, wanted, state });
    expect(codesOf(result).filter((code) => code.startsWith('pools_'))).toEqual(warned);
    expect(result.ok).toBe(true);
  });

  test('keeps to the limit of the role, which what the role has open counts against', async () => {
    await sql`alter role app connection limit 7`;
    await occupy(2);
    await occupy(3, { username: 'colleague', password: 'secret' });
    expect(await budget(6)).toMatchObject({ used: 6, roleLimit: 7, available: 5, state: 'exceeds' });
  });

  test('keeps to the limit of the database, which all in the database count against', async () => {
    await sql`alter database app connection limit 6`;
    await occupy(3, { username: 'colleague', password: 'secret' });
    await occupy(4, { username: 'colleague', password: 'secret', database: 'other' });
    expect(await budget(3)).toMatchObject({ used: 8, databaseLimit: 6, available: 3, state: 'tight' });
  });

  test('has nothing left, and not less than that, where superusers have taken of what is reserved', async () => {
    await occupy(26, server.superuser);
    const expected = { used: 27, available: 0, wanted: 1, state: 'exceeds' };
    expect(await budget(1, server.superuser)).toMatchObject(expected);
  });

  test('knows no limit of the role for a superuser, whom none holds for', async () => {
    await sql.unsafe(`alter role ${server.superuser.username} connection limit 1`);
    const result = await budget(1, server.superuser);
    await sql.unsafe(`alter role ${server.superuser.username} connection limit -1`);
    expect(result).not.toHaveProperty('roleLimit');
    expect(result).toMatchObject({ available: 24 });
  });

  test('does not count what is connected for us as used by others', async () => {
    await occupy(3, {}, 'headgate');
    expect(await budget(1)).toMatchObject({ used: 1, available: 24 });
    await occupy(2, { username: 'colleague', password: 'secret' }, 'headgate');
    expect(await budget(1)).toMatchObject({ used: 3, available: 22 });
  });

  test('is not made where nobody asks for it', async () => {
    expect(await check(server)).not.toHaveProperty('budget');
  });
});
