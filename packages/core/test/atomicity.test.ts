import { databaseInput, projectInput } from '@headgate/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import { seedPlace } from './place.ts';
import { startCore, type Core } from './support.ts';
import { WRITING_VERBS, whoMay, type WritingVerb } from './writing-verbs.ts';

let house: Core;
/** Every table that there is, so that whatever a verb leaves anywhere is seen. */
let tables: string[];
beforeAll(async () => {
  house = await startCore();
  const rows = await house.owner`select tablename from pg_tables where schemaname = 'headgate'`;
  tables = rows.map((row) => String(row['tablename']));
  // An update that changes nothing passes: so an organization is held.
  await house.owner`
    create function broken() returns trigger language plpgsql as $$ begin
      if tg_op = 'UPDATE' and new is not distinct from old then return new; end if;
      raise exception 'broken';
    end $$
  `;
});
afterAll(async () => await house.close());
afterEach(async () => {
  for (const table of tables) await house.owner.unsafe(`drop trigger if exists broken on ${table}`);
});

/** What is written beside the rows. */
const RECORDS = ['audit_entries', 'idempotency_records'];
/** What an export changes once it has been written down, in a transaction of its own. */
const CHAINS = 'audit_chains';

/** Lets everything that changes this table fail, as a full disk would. */
async function breakWrites(table: string): Promise<void> {
  await house.owner.unsafe(`
    create trigger broken before insert or update or delete on ${table} for each row execute function broken()
  `);
}

/** All rows of all tables, as text. */
async function everything(): Promise<string[]> {
  const rows = tables.map(
    async (table) =>
      await house.owner.unsafe(`select '${table}' || t::text as row from ${table} t order by 1`),
  );
  return (await Promise.all(rows)).flat().map((row) => String(row['row']));
}

const VERBS: Record<string, WritingVerb> = {
  ...WRITING_VERBS,
  'createProject, with its database': {
    ...{ action: 'project.create', kind: 'project', shows: ['after'] },
    tables: ['projects', 'organizations', 'databases'],
    run: async (ctx, { orgId }) => {
      const input = projectInput(orgId, { database: databaseInput() });
      const { project } = (await core.createProject({ ctx, input })).view;
      return { resourceId: project.id, projectId: project.id };
    },
  },
};

/** A place where the verb can be done, and whoever may do it there, with an idempotency key. */
async function prepare(verb: WritingVerb) {
  const owner = house.context();
  const place = await seedPlace(owner);
  await verb.before?.(owner, place);
  const ctx = { ...whoMay(verb, owner), idempotency: { key: crypto.randomUUID(), request: 'r' } };
  return { place, ctx };
}

describe.each(Object.entries(VERBS))('%s', (_name, verb) => {
  // A verb of several steps has done the ones before when the last cannot be remembered: nobody meets what they leave.
  test.each([...(verb.steps === undefined ? RECORDS : ['audit_entries']), ...verb.tables])(
    'keeps nothing when its row in %s cannot be written',
    async (table) => {
      const { place, ctx } = await prepare(verb);
      const before = await everything();
      await breakWrites(table);
      await expect(verb.run(ctx, place)).rejects.toMatchObject({ message: 'broken' });
      expect(await everything()).toEqual(before);
    },
  );

  test('succeeds with the same key once the trouble is over, since nothing was remembered of the failure', async () => {
    const { place, ctx } = await prepare(verb);
    await breakWrites('audit_entries');
    await expect(verb.run(ctx, place)).rejects.toMatchObject({ message: 'broken' });
    await house.owner`drop trigger broken on audit_entries`;
    await verb.run(ctx, place);
    const [record] =
      await house.owner`select count(*)::int from idempotency_records where key = ${ctx.idempotency.key}`;
    expect(record).toEqual({ count: 1 });
  });

  test('changes the tables that are broken here, and no other', async () => {
    const { place, ctx } = await prepare(verb);
    const before = new Set(await everything());
    await verb.run(ctx, place);
    const after = new Set(await everything());
    const changed = [...before, ...after].filter((row) => !before.has(row) || !after.has(row));
    const touched = tables.filter((table) => changed.some((row) => row.startsWith(`${table}(`)));
    expect(touched.filter((table) => table !== CHAINS).toSorted()).toEqual(
      [...RECORDS, ...verb.tables].toSorted(),
    );
  });
});
