import { readFile, readdir } from 'node:fs/promises';
import { generateVaultKeys } from '@headgate/core';
import { createBackupPlace, type BackupPlace } from '@headgate/testing/base-backup';
import type { TemporaryPostgres } from '@headgate/testing/postgres';
import { found } from '@headgate/testing/secret-forms';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  MANY,
  SLOW,
  readWalls,
  runOn,
  startRunning,
  startServer,
  superuser,
  untilWritten,
  urlAs,
  vaultKeysOf,
  type Running,
} from './backup-support.ts';
import { MARK, expectThereOnce, isReady, verifyLog, type Written } from './backup-traffic.ts';
import { call, createWorld, type Program, type World } from './program.ts';

/** Another key under the id of each that is there, as keys are that were made anew after a loss. */
function otherKeysOfTheSameIds(world: World): string {
  const [other] = (JSON.parse(generateVaultKeys(new Date())) as { keys: object[] }).keys;
  return JSON.stringify({ keys: vaultKeysOf(world).map(({ kid }) => ({ ...other, kid })) });
}

/** Where the same roles log in with the same passwords at another server. */
function at(server: TemporaryPostgres, ownerUrl: string): string {
  const { username, password } = new URL(ownerUrl);
  return urlAs(server, username, password);
}

/** Reads every file under a folder. */
async function* filesUnder(folder: string): AsyncGenerator<Buffer> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) yield await readFile(`${entry.parentPath}/${entry.name}`);
  }
}

let world: World;

describe('a base backup with the WAL since, taken while requests are served', () => {
  const servers: TemporaryPostgres[] = [];
  let backups: BackupPlace;
  let before: Running;
  let written: readonly Written[];
  let walls: Awaited<ReturnType<typeof readWalls>>;
  let log: Awaited<ReturnType<typeof verifyLog>>;
  let restored: TemporaryPostgres;
  let url: string;
  let program: Program;
  let place: Running['place'];
  beforeAll(async () => {
    world = await createWorld();
    backups = await createBackupPlace();
    const source = await startServer(backups.settings);
    servers.push(source);
    before = await startRunning(world, source);
    await untilWritten(before, MANY);
    await backups.take(before.server);
    await untilWritten(before, before.writing.written.length + MANY);
    await before.writing.stop();
    written = [...before.writing.written];
    log = await verifyLog(before.place, world.organization.orgId);
    walls = await readWalls(before.server);
    await backups.archiveAll(before.server);
    // The machine is lost, with all that runs on it.
    before.program.signal('SIGKILL');
    await before.program.ended;
    await before.server.stop();
    restored = await backups.restore();
    servers.push(restored);
    url = at(restored, before.ownerUrl);
    const sql = superuser(restored);
    await vi.waitFor(async () => {
      expect((await sql`select pg_is_in_recovery() as still`)[0]).toEqual({ still: false });
    }, SLOW);
    await sql.end();
    program = runOn(world, url);
    place = { ...before.place, url: await program.url() };
  }, SLOW.timeout);
  afterAll(async () => {
    await world.close();
    for (const server of servers) await server.stop();
    await backups.remove();
  });

  test(
    'restored beside the same vault keys holds every acknowledged write, once, with its password, and its answer by its key',
    SLOW,
    async () => {
      await expect.poll(async () => await isReady(program), SLOW).toBe(true);
      await expectThereOnce(place, written);
      const sql = superuser(restored, 'headgate');
      const ids = await sql<{ id: string }[]>`select id from headgate.databases`;
      await sql.end();
      expect(ids.map(({ id }) => id).toSorted()).toEqual(written.map(({ id }) => id).toSorted());
    },
  );

  test('has the audit log whole, with the end of the chain that was written down before', SLOW, async () => {
    const after = await verifyLog(place, world.organization.orgId);
    expect(after.entries_checked).toBeGreaterThanOrEqual(log.entries_checked);
    const sql = superuser(restored, 'headgate');
    const [entry] = await sql`
      select hash from headgate.audit_entries
      where org_id = ${world.organization.orgId} and position = ${log.head.position}`;
    await sql.end();
    expect(entry).toEqual({ hash: log.head.hash });
  });

  test('keeps both walls: row-level security as it was, and roles that it holds', async () => {
    const after = await readWalls(restored);
    expect(after).toEqual(walls);
    expect(after.roles.filter(({ rolsuper, rolbypassrls }) => rolsuper || rolbypassrls)).toEqual([]);
    const withoutWall = after.tables.filter((table) => !table.is_forced).map(({ table }) => table);
    expect(withoutWall.toSorted()).toEqual(['migrations', 'migrations_lock', 'rate_limits']);
  });

  test.each([
    ['keys of other ids', () => generateVaultKeys(new Date())],
    ['other keys of the same ids', () => otherKeysOfTheSameIds(world)],
  ])(
    'beside %s is refused at the start, in one line that names the variable and the remedy',
    SLOW,
    async (_, keys) => {
      const program = runOn(world, url, { VAULT_KEYS: keys() });
      expect(await program.ended).toBe(1);
      expect(program.stderr()).toMatch(/^headgate: VAULT_KEYS: [^\n]*sealed[^\n]*VAULT_KEYS_LOST[^\n]*\n$/);
      for (const { k } of (JSON.parse(keys()) as { keys: { k: string }[] }).keys)
        expect(program.stderr()).not.toContain(k);
    },
  );

  test(
    'whose keys are lost for good is served when the operator says so, and takes new passwords',
    SLOW,
    async () => {
      const keys = vaultKeysOf(world);
      const lost = keys.map(({ kid }) => kid).join(',');
      const program = runOn(world, url, { VAULT_KEYS: generateVaultKeys(new Date()), VAULT_KEYS_LOST: lost });
      const { token, projectId } = before.place;
      const own = `${await program.url()}/v1/projects/${projectId}/databases/${written[0]!.id}`;
      const given = await call(own, { method: 'PATCH', token, body: { password: `${MARK}-again` } });
      expect(given.status, given.text).toBe(200);
      const shown = await call(`${own}?show_sensitive=true`, { method: 'GET', token });
      expect(shown.body).toMatchObject({ password: `${MARK}-again` });
      program.signal('SIGTERM');
      expect(await program.ended).toBe(0);
    },
  );

  test('holds no password, no API key and no vault key in any of its files', SLOW, async () => {
    const keys = vaultKeysOf(world);
    const secrets = [MARK, before.apiKey.key, ...keys.map(({ k }) => k)];
    let bytes = 0;
    let isLookedAt = false;
    for await (const file of filesUnder(backups.folder)) {
      bytes += file.length;
      isLookedAt ||= file.includes(written.at(-1)!.id);
      for (const secret of secrets) expect(found(file, secret)).toEqual([]);
    }
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(isLookedAt).toBe(true);
  });
});
