import { newId } from '@headgate/schema';
import { createTestDatabase } from '@headgate/testing';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { insert, insertTogether, isInsert, isTaken, openStore, query } from '../src/index.ts';
import { connectAs, sampleRow } from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);
const store = openStore({ url: database.url, maxConnections: 2 });

beforeEach(async () => {
  await owner`truncate headgate.projects, headgate.audit_entries, headgate.idempotency_records cascade`;
});
afterAll(async () => {
  await Promise.all([store.close(), owner.end()]);
  await database.drop();
});

const TABLES = ['databases', 'projects', 'audit_entries', 'idempotency_records'] as const;

/** A row of each table: the database stands before the project that it lies in. */
function rowsOf(orgId: string) {
  const ids = { orgId, projectId: newId('prj') as string };
  return TABLES.map((table) => insert(table, sampleRow(table, ids) as never));
}

const add = async (rows: ReturnType<typeof rowsOf>) =>
  await store.transact({ tenants: ['org_a'] }, async (tx) => await tx.run(insertTogether(rows)));

async function counted(): Promise<number[]> {
  const counts = TABLES.map(
    async (table) => await owner`select count(*)::int as count from ${owner(`headgate.${table}`)}`,
  );
  return (await Promise.all(counts)).map(([row]) => Number(row?.['count']));
}

test('rows of several tables are added by one statement, whatever hangs on what', async () => {
  await add(rowsOf('org_a'));
  // The text is the same, the values are others.
  await add(rowsOf('org_a'));
  expect(await counted()).toEqual([2, 2, 2, 2]);
  expect(await owner`select database_count from headgate.projects`).toEqual([
    { database_count: 1 },
    { database_count: 1 },
  ]);
});

test('none is added when one of them cannot be, and the error says which', async () => {
  const rows = rowsOf('org_a');
  await add(rows.slice(1, 2));
  await expect(add(rows)).rejects.toSatisfy((error) => isTaken(error, 'projects_pkey'));
  expect(await counted()).toEqual([0, 1, 0, 0]);
});

test('none is added when one of them is a row of another organization', async () => {
  const [foreign] = rowsOf('org_b').slice(2, 3);
  await expect(add([...rowsOf('org_a'), foreign!])).rejects.toMatchObject({ code: '42501' });
  expect(await counted()).toEqual([0, 0, 0, 0]);
});

test('only what adds a row can be told to do it together', () => {
  const [row] = rowsOf('org_a');
  expect(isInsert(row!)).toBe(true);
  expect(isInsert(query.updateTable('projects').set({ name: 'x' }))).toBe(false);
  expect(isInsert(query.insertInto('organizations').values({ org_id: 'org_a' }))).toBe(false);
});
