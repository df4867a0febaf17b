import { openStore, type Store } from '@headgate/db';
import { createTestDatabase, type TestDatabase } from '@headgate/testing';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRequestRates } from '../src/organizations/read-request-rates.ts';

let database: TestDatabase;
let owner: Sql;
let store: Store;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = postgres(database.url, { max: 1, onnotice: () => {} });
  store = openStore({ url: database.url, maxConnections: 2 });
  await owner`
    insert into headgate.organizations (org_id, max_requests_per_second)
    values ('org_own', 7), ('org_default', null), ('org_foreign', 9)
  `;
});
afterAll(async () => {
  await store.close();
  await owner.end();
  await database.drop();
});

test('only what an operator has said is read, and only of the organizations that are asked for', async () => {
  const rates = await readRequestRates(store, ['org_own', 'org_default', 'org_unknown']);
  expect([...rates]).toEqual([['org_own', 7]]);
  expect([...(await readRequestRates(store, []))]).toEqual([]);
});
