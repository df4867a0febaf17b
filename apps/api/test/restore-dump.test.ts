import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TemporaryPostgres } from '@headgate/testing/postgres';
import { found } from '@headgate/testing/secret-forms';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  MANY,
  SLOW,
  prepareCluster,
  readWalls,
  runOn,
  startRunning,
  startServer,
  superuser,
  untilWritten,
  vaultKeysOf,
  type Running,
} from './backup-support.ts';
import { MARK, expectThereOnce, isReady, verifyLog, type Written } from './backup-traffic.ts';
import { POSTGRES_CLIENT, ofDatabase, runClient, type Ran } from './postgres-client.ts';
import { call, createWorld, type World } from './program.ts';

let world: World;

describe('a dump, taken while requests are served', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-dump-'));
  const file = join(folder, 'headgate.dump');
  let before: Running;
  const servers: TemporaryPostgres[] = [];
  /** What was acknowledged before the dump began. */
  let written: readonly Written[];
  let walls: Awaited<ReturnType<typeof readWalls>>;
  let headBefore: { readonly position: number };
  let restored: TemporaryPostgres;
  let withoutRoles: Ran;
  let leftWithoutRoles: readonly object[];
  beforeAll(async () => {
    if (POSTGRES_CLIENT === undefined) return;
    world = await createWorld();
    const source = await startServer();
    servers.push(source);
    before = await startRunning(world, source);
    await untilWritten(before, MANY);
    written = before.writing.written
      .filter(({ name, body }) => name !== body.name)
      .map((each) => ({ ...each }));
    const dumped = await runClient(
      'pg_dump',
      ['--format=custom', `--file=${file}`],
      ofDatabase(before.backupUrl),
    );
    expect(dumped).toEqual({ code: 0, stdout: '', stderr: '' });
    await untilWritten(before, before.writing.written.length + MANY);
    await before.writing.stop();
    walls = await readWalls(before.server);

    restored = await startServer();
    servers.push(restored);
    const sql = superuser(restored);
    await sql`create database headgate`;
    withoutRoles = await restore();
    const inIt = superuser(restored, 'headgate');
    leftWithoutRoles = await inIt`select nspname from pg_namespace where nspname = 'headgate'`;
    await inIt.end();
    await sql`drop database headgate`;
    await sql.end();
  }, SLOW.timeout);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    if (POSTGRES_CLIENT !== undefined) await world.close();
    for (const server of servers) await server.stop();
  });
  beforeEach((context) => {
    const wanted =
      'needs pg_dump and pg_restore 18 or later, such as those of the Debian package postgresql-client-18';
    context.skip(POSTGRES_CLIENT === undefined, wanted);
  });

  const restore = async () =>
    await runClient('pg_restore', ['--single-transaction', file], ofDatabase(restored.url('headgate')));

  test('is refused to the owner of the tables, whom row-level security holds too', async () => {
    const refused = await runClient(
      'pg_dump',
      ['--format=custom', '--file=/dev/null'],
      ofDatabase(before.ownerUrl),
    );
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('query would be affected by row-level security policy');
  });

  test('is not restored, not even in part, where the roles are missing', () => {
    expect(withoutRoles.code).toBe(1);
    expect(withoutRoles.stderr).toMatch(/role "headgate_(owner|app|maintenance)" does not exist/);
    expect(leftWithoutRoles).toEqual([]);
  });

  test(
    'restored beside the roles and the vault keys is the state at its beginning, with every write before it, once',
    SLOW,
    async () => {
      headBefore = (await verifyLog(before.place, world.organization.orgId)).head;
      const { orgId } = world.organization;
      const keyPath = `/v1/organizations/${orgId}/api-keys/${before.apiKey.id}`;
      await call(`${before.place.url}${keyPath}`, { method: 'DELETE', token: before.place.token });

      const { ownerUrl } = await prepareCluster(restored);
      expect(await restore()).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await readWalls(restored)).toEqual(walls);
      const program = runOn(world, ownerUrl);
      const place = { ...before.place, url: await program.url() };
      await expect.poll(async () => await isReady(program), SLOW).toBe(true);
      await expectThereOnce(place, written);
      const sql = superuser(restored, 'headgate');
      const [rows] =
        await sql`select count(*)::int as all, count(distinct id)::int as ids from headgate.databases`;
      await sql.end();
      expect(rows!['ids']).toBe(rows!['all']);
      expect(rows!['all']).toBeLessThan(before.writing.written.length);

      // What it cannot know: its chain is whole, and shorter than the one whose end was kept elsewhere.
      expect((await verifyLog(place, orgId)).head.position).toBeLessThan(headBefore.position);
      const withKey = async () =>
        (
          await call(`${place.url}/v1/projects/${place.projectId}`, {
            method: 'GET',
            token: before.apiKey.key,
          })
        ).status;
      expect(await withKey()).toBe(200);
      await call(`${place.url}${keyPath}`, { method: 'DELETE', token: place.token });
      expect(await withKey()).toBe(401);
      program.signal('SIGTERM');
      expect(await program.ended).toBe(0);
    },
  );

  test('holds no password, no API key and no vault key', async () => {
    const { stdout: text } = await runClient('pg_restore', ['--file=-', file]);
    const keys = vaultKeysOf(world);
    expect(text).toContain(written[0]!.id);
    for (const secret of [MARK, before.apiKey.key, ...keys.map(({ k }) => k)])
      expect(found(text, secret)).toEqual([]);
  });
});
