import {
  createAuditChainer,
  createVault,
  generateVaultKeys,
  openStore,
  parseVaultKeys,
} from '@headgate/core';
import { isId } from '@headgate/schema';
import { createTestDatabase } from '@headgate/testing';
import postgres from 'postgres';
import { afterAll, expect, test } from 'vitest';
import { insertBacklog } from '../src/growth/backlog.ts';
import { fill } from '../src/growth/fill.ts';
import { idAt, layoutOf, projectOf, replicatedDatabase, replicatedDatabases } from '../src/growth/layout.ts';

const database = await createTestDatabase();
const sql = postgres(database.url, { max: 1, onnotice: () => {}, connection: { search_path: 'headgate' } });
const store = openStore({ url: database.url, maxConnections: 2 });
afterAll(async () => {
  await Promise.all([sql.end(), store.close()]);
  await database.drop();
});

test('a service that is filled holds what its layout says, under ids that the service takes for its own', async () => {
  const layout = layoutOf(1_000);
  await fill(sql, layout);
  const rows = await sql<
    { id: string; project_id: string }[]
  >`select id, project_id from databases order by id`;
  const expected = Array.from({ length: 1_000 }, (_, index) => ({
    id: idAt('db', index),
    project_id: idAt('prj', projectOf(layout, index)),
  }));
  expect([...rows]).toEqual(expected);
  expect(rows.every(({ id, project_id: project }) => isId('db', id) && isId('prj', project))).toBe(true);
  // Of the projects, one holds half of all, and the others hold twenty each.
  const crowds = await sql<{ count: number }[]>`
    select count(*)::integer as count from databases group by project_id order by project_id
  `;
  expect(crowds.map(({ count }) => count)).toEqual([500, ...Array.from({ length: 25 }, () => 20)]);
  const replicated = await sql<{ id: string }[]>`
    select database_id as id from replicas group by database_id having count(*) = 3 order by database_id
  `;
  const indexes = Array.from({ length: replicatedDatabases(layout) }, (_, index) =>
    replicatedDatabase(index),
  );
  expect(replicated.map(({ id }) => id)).toEqual(indexes.map((index) => idAt('db', index)));
});

test('a backlog of audit entries is taken for the own by the service, and chained', async () => {
  const vault = await createVault(parseVaultKeys(generateVaultKeys(new Date())));
  expect(await insertBacklog(sql, vault, { organizations: 2, entriesEach: 3 })).toBe(6);
  const { chained, refusing } = await createAuditChainer({ store, vault }).chainPending();
  expect({ chained, refusing }).toEqual({ chained: 6, refusing: [] });
});
