import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { newId } from '@headgate/schema';
import { createTestDatabase, type TestDatabase } from '@headgate/testing';
import type { Sql } from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../src/index.ts';
import { MIGRATIONS } from '../src/migrations/index.ts';
import { connectAs, insertRow, migrateTo, sampleRow } from './support.ts';

const ALL = Object.keys(MIGRATIONS);
const INSTANCES = 10;

let database: TestDatabase;
let owner: Sql;
beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  owner = connectAs(database.url);
});
afterEach(async () => {
  await owner.end();
  await database.drop();
});

const applied = async () =>
  (await owner`select name from headgate.migrations order by name`).map((row) => String(row['name']));
const tables = async () =>
  (
    await owner`select relname from pg_class where relnamespace = to_regnamespace('headgate') and relkind = 'r' order by 1`
  ).map((row) => String(row['relname']));

/** An instance in a process of its own, which loads the program, says so, and migrates at the word. */
function startInstance(url: string) {
  const program = `
    import { once } from 'node:events';
    const { migrate } = await import(${JSON.stringify(fileURLToPath(new URL('../src/index.ts', import.meta.url)))});
    process.stdout.write('loaded\\n');
    await once(process.stdin, 'data');
    process.stdout.write(JSON.stringify(await migrate(process.argv[1])));
    process.exit();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, url], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const loaded = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('loaded')) resolve();
    });
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const done = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`an instance ended with ${code}: ${stderr}`);
    return JSON.parse(stdout.replace('loaded\n', '')) as string[];
  });
  return { loaded: Promise.race([loaded, done]), done, go: () => child.stdin.end('go') };
}

describe('instances that start at once on an empty database', () => {
  test('ten processes all succeed, and each migration is applied once', async () => {
    const instances = Array.from({ length: INSTANCES }, () => startInstance(database.url));
    await Promise.all(instances.map(async ({ loaded }) => await loaded));
    for (const { go } of instances) go();
    const results = await Promise.all(instances.map(async ({ done }) => await done));
    expect(results.filter((names) => names.length > 0)).toEqual([ALL]);
    expect(await applied()).toEqual(ALL);
  });

  test('the same within one process, and on two databases of one server', async () => {
    const other = await createTestDatabase({ empty: true });
    const urls = Array.from({ length: INSTANCES }, (_, index) =>
      index % 2 === 0 ? database.url : other.url,
    );
    const results = await Promise.all(urls.map(async (url) => await migrate(url)));
    expect(results.flat().toSorted()).toEqual([...ALL, ...ALL].toSorted());
    expect(await applied()).toEqual(ALL);
    await other.drop();
  });
});

describe('migrating again', () => {
  test('does nothing', async () => {
    expect(await migrate(database.url)).toEqual(ALL);
    const before = await owner`select * from headgate.migrations order by name`;
    expect(await migrate(database.url)).toEqual([]);
    expect([...(await owner`select * from headgate.migrations order by name`)]).toEqual([...before]);
  });

  test('waits for nobody: a start does not hang behind a lock when nothing is left to do', async () => {
    await migrate(database.url);
    await owner.begin(async (sql) => {
      await sql`lock table headgate.projects in access exclusive mode`;
      await sql`select pg_advisory_xact_lock(4801374229)`;
      expect(await migrate(database.url)).toEqual([]);
    });
  });

  test('adds what is missing and no more, as after an upgrade', async () => {
    await migrateTo(database.url, ALL.at(-2) ?? '');
    expect(await migrate(database.url)).toEqual(ALL.slice(-1));
    expect(await applied()).toEqual(ALL);
  });

  test('leaves a schema alone that is ahead of the program, as after a roll-back', async () => {
    await migrate(database.url);
    await owner`insert into headgate.migrations (name, timestamp) values ('9999-from-the-future', '2030-01-01')`;
    await owner`alter table headgate.projects add column colour text`;
    expect(await migrate(database.url)).toEqual([]);
    expect(await applied()).toEqual([...ALL, '9999-from-the-future']);
  });
});

describe('an upgrade from the first release, with what stands in its tables', () => {
  const NOW = new Date('2026-11-21T08:30:00Z');

  test('counts the projects that are there, deleted ones not', async () => {
    await migrateTo(database.url, '0005-create-idempotency-records');
    const add = async (orgId: string, over = {}) =>
      await insertRow(
        owner,
        'projects',
        sampleRow('projects', { orgId, projectId: newId('prj') as string }, over),
      );
    for (const orgId of ['org_a', 'org_a', 'org_b']) await add(orgId);
    await add('org_a', { deleted_at: NOW });
    await add('org_c', { deleted_at: NOW });
    await migrate(database.url);
    const counted = await owner`
      select org_id, project_count, max_projects from headgate.organizations order by org_id
    `;
    expect([...counted]).toEqual([
      { org_id: 'org_a', project_count: 2, max_projects: null },
      { org_id: 'org_b', project_count: 1, max_projects: null },
      { org_id: 'org_c', project_count: 0, max_projects: null },
    ]);
    await owner`update headgate.projects set deleted_at = null where org_id = 'org_c'`;
    expect(await owner`select project_count from headgate.organizations where org_id = 'org_c'`).toEqual([
      { project_count: 1 },
    ]);
  });

  test("keeps the first answers to people's idempotency keys, and entries that have no place in a chain yet", async () => {
    await migrateTo(database.url, '0005-create-idempotency-records');
    const ids = { orgId: 'org_a', projectId: newId('prj') as string };
    const { actor_kind: _kind, ...record } = sampleRow('idempotency_records', ids, { key: 'k' });
    await insertRow(owner, 'idempotency_records', record);
    const { mac: _mac, ...entry } = sampleRow('audit_entries', ids);
    await insertRow(owner, 'audit_entries', entry);
    await migrate(database.url);
    expect(
      await owner`select actor_kind, actor_id, key, sealed_secret from headgate.idempotency_records`,
    ).toEqual([{ actor_kind: 'user', actor_id: 'user_1', key: 'k', sealed_secret: null }]);
    expect(await owner`select position, hash, previous_hash, mac from headgate.audit_entries`).toEqual([
      { position: null, hash: null, previous_hash: null, mac: null },
    ]);
    // Whose key it is is said from now on.
    await expect(insertRow(owner, 'idempotency_records', { ...record, key: 'other' })).rejects.toMatchObject({
      code: '23502',
    });
  });
});

describe('a migration that fails', () => {
  test('leaves nothing behind of this call, and succeeds once its cause is gone', async () => {
    // One of the last migrations finds its table already there.
    await owner`create schema headgate`;
    await owner`create table headgate.replication_slots (mine text)`;
    await expect(migrate(database.url)).rejects.toMatchObject({ code: '42P07' });
    expect(await tables()).toEqual(['migrations', 'migrations_lock', 'replication_slots']);
    expect(await applied()).toEqual([]);
    const functions = await owner`select proname from pg_proc where pronamespace = 'headgate'::regnamespace`;
    expect([...functions]).toEqual([]);

    await owner`drop table headgate.replication_slots`;
    expect(await migrate(database.url)).toEqual(ALL);
  });

  test('does not keep others out: its lock goes with it', async () => {
    await owner`create schema headgate`;
    await owner`create table headgate.replication_slots (mine text)`;
    const results = await Promise.allSettled(
      Array.from({ length: 4 }, async () => await migrate(database.url)),
    );
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
    const held =
      await owner`select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;
    expect(held).toHaveLength(0);
  });

  test('is reported when its connection is cut while it waits for its turn', async () => {
    const holder = connectAs(database.url);
    await holder`select pg_advisory_lock(4801374229)`;
    const migrating = migrate(database.url).then(
      () => 'migrated',
      () => 'reported',
    );
    const cut = async () =>
      await owner`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'headgate-migrate' and wait_event_type = 'Lock'
      `;
    await expect.poll(async () => (await cut()).length, { timeout: 10_000 }).toBe(1);
    const outcome = async () => await Promise.race([migrating, Promise.resolve('still waiting')]);
    await expect.poll(outcome, { timeout: 15_000 }).toBe('reported');
    await holder.end();
  });
});
