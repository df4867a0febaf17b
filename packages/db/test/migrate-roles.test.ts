import { newId } from '@headgate/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTemporaryPostgres, type EmbeddedPostgres } from '../src/embedded/index.ts';
import { migrate, openStore, query } from '../src/index.ts';
import { MIGRATIONS } from '../src/migrations/index.ts';
import { connectAs, insertRow, migrateTo, sampleRow } from './support.ts';

const ALL = Object.keys(MIGRATIONS);

/** A server of its own: roles belong to the whole server, and here nobody has made them yet. */
let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startTemporaryPostgres({ max_connections: '100' });
});
afterAll(async () => await server.stop());

/** An empty database owned by a login role that is no superuser, as an operator would be given one. */
async function ownedDatabase(name: string, { canCreateRoles }: { canCreateRoles: boolean }): Promise<string> {
  const superuser = connectAs(server.url());
  await superuser.unsafe(`create role ${name} login password 'secret' ${canCreateRoles ? 'createrole' : ''}`);
  await superuser.unsafe(`create database ${name} owner ${name} template template0`);
  await superuser.end();
  const url = new URL(server.url(name));
  url.username = name;
  url.password = 'secret';
  return url.href;
}

describe('the roles of the wall', () => {
  test('are made once when several databases of a new server are migrated at once', async () => {
    const names = ['first', 'second', 'third'];
    for (const name of names) await server.ensureDatabase(name);
    const calls = names.flatMap((name) => [server.url(name), server.url(name), server.url(name)]);
    const results = await Promise.all(calls.map(async (url) => await migrate(url)));
    expect(results.filter((applied) => applied.length > 0)).toEqual([ALL, ALL, ALL]);
  });

  test('can be taken by an owner who is no superuser but may create roles', async () => {
    const fresh = await startTemporaryPostgres();
    const superuser = connectAs(fresh.url());
    await superuser`create role operator login createrole password 'secret'`;
    await superuser`create database operated owner operator template template0`;
    const url = new URL(fresh.url('operated'));
    url.username = 'operator';
    url.password = 'secret';
    expect(await migrate(url.href)).toEqual(ALL);
    await expectToServe(url.href);
    await superuser.end();
    await fresh.stop();
  });

  test('can be taken by an owner without any right but membership, when an administrator has made them', async () => {
    const url = await ownedDatabase('modest', { canCreateRoles: false });
    const superuser = connectAs(server.url());
    await superuser`grant headgate_app, headgate_maintenance to modest`;
    await superuser.end();
    expect(await migrate(url)).toEqual(ALL);
    await expectToServe(url);
  });

  test('are not to be had by an owner without that right, who is told so and left with nothing half-made', async () => {
    const url = await ownedDatabase('powerless', { canCreateRoles: false });
    await expect(migrate(url)).rejects.toMatchObject({ code: '42501' });
    const sql = connectAs(url);
    expect([...(await sql`select name from headgate.migrations`)]).toEqual([]);
    await sql.end();
  });

  test('hold the owner of the tables too: forced row security is no matter of rights', async () => {
    const url = await ownedDatabase('owner_of_all', { canCreateRoles: false });
    const superuser = connectAs(server.url());
    await superuser`grant headgate_app, headgate_maintenance to owner_of_all with inherit false`;
    await superuser.end();
    await migrate(url);
    const sql = connectAs(url);
    const insertion = sql`
      insert into headgate.audit_entries
        (id, org_id, project_id, actor_kind, actor_id, action, resource_kind, resource_id, request_id, created_at)
      values ('aud_01h455vb4pex5vsknk084sn02q', 'org_a', 'p', 'user', 'u', 'a', 'project', 'p', 'r', now())
    `;
    await expect(insertion).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('row-level security'),
    });
    expect([...(await sql`select * from headgate.projects`)]).toEqual([]);
    await sql.end();
  });
});

test('an upgrade by such an owner names each stored password by itself, though the wall hides them', async () => {
  const url = await ownedDatabase('upgrading', { canCreateRoles: true });
  const superuser = connectAs(server.url('upgrading'));
  await superuser`grant headgate_app, headgate_maintenance to upgrading`;
  await migrateTo(url, '0014-create-certificates');
  const ids = { orgId: 'org_a', projectId: newId('prj') as string };
  await insertRow(superuser, 'projects', sampleRow('projects', ids));
  const blank = { host: '', port: 0, name: '', username: '', sealed_password: null, sealing_key_id: null };
  const databaseId = newId('db') as string;
  for (const over of [{ id: databaseId }, {}, blank]) {
    const { password_id: _name, ...row } = sampleRow('databases', ids, over);
    await insertRow(superuser, 'databases', row);
  }
  await insertRow(superuser, 'replicas', sampleRow('replicas', { ...ids, databaseId }));
  await migrate(url);
  const named = await superuser`
    select host, count(distinct password_id)::int as names from headgate.databases group by 1 order by 1
  `;
  expect([...named]).toEqual([
    { host: '', names: 0 },
    { host: 'db.example.com', names: 2 },
  ]);
  const approved = await superuser`select approved_password_id from headgate.replicas`;
  expect([...approved]).toEqual([{ approved_password_id: null }]);
  const wall = await superuser`
    select relforcerowsecurity as forced from pg_class where oid = 'headgate.databases'::regclass
  `;
  expect([...wall]).toEqual([{ forced: true }]);
  await superuser.end();
});

test('an upgrade by such an owner counts the databases of each project, though the wall hides them', async () => {
  const url = await ownedDatabase('counting', { canCreateRoles: true });
  const superuser = connectAs(server.url('counting'));
  await superuser`grant headgate_app, headgate_maintenance to counting`;
  await migrateTo(url, '0017-create-replication-slots');
  const [full, empty] = [newId('prj') as string, newId('prj') as string];
  for (const projectId of [full, empty])
    await insertRow(superuser, 'projects', sampleRow('projects', { orgId: 'org_a', projectId }));
  const deleted = { deleted_at: new Date('2026-11-21T08:30:00Z') };
  for (const [projectId, over] of [
    [full, {}],
    [full, {}],
    [full, deleted],
    [empty, deleted],
  ] as const)
    await insertRow(superuser, 'databases', sampleRow('databases', { orgId: 'org_a', projectId }, over));
  await migrate(url);
  const counted = await superuser`select id, database_count from headgate.projects order by id`;
  expect(Object.fromEntries(counted.map((row) => [row['id'], row['database_count']]))).toEqual({
    [full]: 2,
    [empty]: 0,
  });
  const wall = await superuser`
    select bool_and(relforcerowsecurity) as forced from pg_class
    where oid in ('headgate.databases'::regclass, 'headgate.projects'::regclass)
  `;
  expect([...wall]).toEqual([{ forced: true }]);
  await superuser.end();
});

/** The store works as on any other server: both roles can be taken, and the wall stands. */
async function expectToServe(url: string): Promise<void> {
  const store = openStore({ url, maxConnections: 1 });
  await store.checkReady();
  expect(await store.read(['org_a'], query.selectFrom('projects').select('id'))).toEqual([]);
  expect(await store.maintain(query.selectFrom('databases').select('id'))).toEqual([]);
  await store.close();
}
