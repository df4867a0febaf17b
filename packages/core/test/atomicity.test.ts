import { databaseInput, projectInput } from '@headgate/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import type { Context } from '../src/index.ts';
import { orgOf, seedProject, startCore, type Core } from './support.ts';

let house: Core;
beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());
afterEach(async () => {
  for (const table of RECORDS) await house.owner.unsafe(`drop trigger if exists broken on ${table}`);
});

/** What is written beside the row. */
const RECORDS = ['audit_entries', 'idempotency_records'];
const TABLES = ['projects', 'databases', ...RECORDS];

/** Lets every insert into this table fail, as a full disk would. */
async function breakInserts(table: string): Promise<void> {
  await house.owner.unsafe(`
    create or replace function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
    create trigger broken before insert on ${table} for each row execute function broken();
  `);
}

/** All rows of all tables, as text. */
async function everything(): Promise<string[]> {
  const rows = TABLES.map(
    async (table) =>
      await house.owner.unsafe(`select '${table}' || t::text as row from ${table} t order by 1`),
  );
  return (await Promise.all(rows)).flat().map((row) => String(row['row']));
}

type Mutation = (ctx: Context, place: { projectId: string; databaseId: string }) => Promise<unknown>;

const MUTATIONS: Record<string, Mutation> = {
  createProject: async (ctx) =>
    await core.createProject({ ctx, input: projectInput(orgOf(ctx), { database: databaseInput() }) }),
  updateProject: async (ctx, { projectId }) =>
    await core.updateProject({ ctx, input: { projectId, changes: { name: 'renamed' } } }),
  deleteProject: async (ctx, { projectId }) => await core.deleteProject({ ctx, input: { projectId } }),
  createDatabase: async (ctx, { projectId }) =>
    await core.createDatabase({ ctx, input: { projectId, database: databaseInput() } }),
  updateDatabase: async (ctx, place) =>
    await core.updateDatabase({ ctx, input: { ...place, changes: { password: 'another' } } }),
  deleteDatabase: async (ctx, place) => await core.deleteDatabase({ ctx, input: place }),
};

describe.each(Object.entries(MUTATIONS))('%s', (_verb, run) => {
  test.each(RECORDS)('keeps nothing when its row in %s cannot be written', async (table) => {
    const ctx = house.context();
    const { projectId, passwords } = await seedProject(ctx, 1);
    const place = { projectId, databaseId: [...passwords.keys()][0]! };
    const before = await everything();
    await breakInserts(table);
    const withKey = { ...ctx, idempotency: { key: crypto.randomUUID(), request: 'r' } };
    await expect(run(withKey, place)).rejects.toMatchObject({ message: 'broken' });
    expect(await everything()).toEqual(before);
  });

  test('succeeds with the same key once the trouble is over, since nothing was remembered of the failure', async () => {
    const ctx = house.context({ idempotency: { key: crypto.randomUUID(), request: 'r' } });
    const { projectId, passwords } = await seedProject({ ...ctx, idempotency: undefined }, 1);
    const place = { projectId, databaseId: [...passwords.keys()][0]! };
    await breakInserts('audit_entries');
    await expect(run(ctx, place)).rejects.toMatchObject({ message: 'broken' });
    await house.owner`drop trigger broken on audit_entries`;
    await run(ctx, place);
    const [record] =
      await house.owner`select count(*)::int from idempotency_records where key = ${ctx.idempotency!.key}`;
    expect(record).toEqual({ count: 1 });
  });
});
