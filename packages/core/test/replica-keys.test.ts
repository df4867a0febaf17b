import type { Scope } from '@headgate/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import { orgOf, seedProject, startCore, type Core } from './support.ts';

const REPLICA = { host: 'replica.example.com', port: 5432 };

let house: Core;
let owner: core.Context;
/** Two projects of one organization, each with a database that has a replica. */
let own: Named;
let other: Named;
beforeAll(async () => {
  house = await startCore();
  owner = house.context();
  own = await withReplica();
  other = await withReplica();
});
afterAll(async () => await house.close());

interface Named {
  readonly projectId: string;
  readonly databaseId: string;
  readonly replicaId: string;
  /** Of the database: these keys may not read it, and so have to give it. */
  readonly password: string;
}

async function withReplica(): Promise<Named> {
  const { projectId, passwords } = await seedProject(owner, 1);
  const [[databaseId, password] = ['', '']] = passwords;
  const { view } = await core.createReplica({ ctx: owner, input: { databaseId, replica: REPLICA } });
  return { projectId, databaseId, replicaId: view.id, password };
}

/** What a key of a project of the owner's may see, with these scopes. */
const key = (projectId: string | null, scopes: readonly Scope[]): core.Context =>
  house.bearer({ ...{ projectId, scopes }, orgId: orgOf(owner) });

/** Each verb of replicas, on these. */
const VERBS: Record<string, (ctx: core.Context, on: Named) => Promise<unknown>> = {
  listReplicas: async (ctx, { databaseId }) => await core.listReplicas({ ctx, input: { databaseId } }),
  getReplica: async (ctx, input) => await core.getReplica({ ctx, input }),
  createReplica: async (ctx, { databaseId, password }) =>
    await core.createReplica({ ctx, input: { databaseId, replica: { ...REPLICA, password } } }),
  updateReplica: async (ctx, { password, ...path }) =>
    await core.updateReplica({ ctx, input: { ...path, changes: { port: 5433, password } } }),
  deleteReplica: async (ctx, input) => {
    await core.deleteReplica({ ctx, input });
  },
  restoreReplica: async (ctx, input) => await core.restoreReplica({ ctx, input }),
};
const READING = ['listReplicas', 'getReplica'];

describe.each(Object.keys(VERBS))('%s', (name) => {
  const call = async (ctx: core.Context, on: Named) => await VERBS[name]?.(ctx, on);

  test('with the key of one project does not find the database of another', async () => {
    const ctx = key(own.projectId, ['databases:read', 'databases:write']);
    await expect(call(ctx, other)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await call(ctx, own);
  });

  test('needs the scope for it', async () => {
    const scope = READING.includes(name) ? 'databases:read' : 'databases:write';
    const without = key(null, READING.includes(name) ? ['databases:write'] : ['databases:read']);
    await expect(call(without, other)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining(scope) as string,
    });
  });
});

test('nothing was done where it was refused', async () => {
  const { view } = await core.getReplica({ ctx: owner, input: other });
  expect(view.port).toBe(REPLICA.port);
  expect((await core.listReplicas({ ctx: owner, input: other })).replicas).toHaveLength(1);
});
