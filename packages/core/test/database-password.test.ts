import { databaseInput, projectInput } from '@headgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookupDatabase } from '../src/databases/lookup-database.ts';
import { createDatabase, createProject, updateDatabase } from '../src/index.ts';
import { reader } from '../src/reader.ts';
import { databaseTarget } from '../src/upstream/database-target.ts';
import { orgOf, startCore, type Core } from './support.ts';

let house: Core;
beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());

test('a password is opened only for the version that was read: a new one never goes to an old host', async () => {
  const ctx = house.context();
  const { view } = await createProject({ ctx, input: projectInput(orgOf(ctx)) });
  const projectId = view.project.id;
  const input = databaseInput();
  const { id: databaseId } = (await createDatabase({ ctx, input: { projectId, database: input } })).view;
  const path = { projectId, databaseId };
  const read = await lookupDatabase(ctx, reader(ctx), { ...path, action: 'database.get', to: 'read' });
  expect(await databaseTarget(ctx, reader(ctx), read)).toMatchObject({ password: input.password });
  await updateDatabase({ ctx, input: { ...path, changes: { host: 'new.example.com', password: 'new' } } });
  await expect(databaseTarget(ctx, reader(ctx), read)).rejects.toMatchObject({ code: 'CONFLICT' });
});
