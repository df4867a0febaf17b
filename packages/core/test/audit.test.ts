import { databaseInput, projectInput } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import type { Context } from '../src/index.ts';
import { orgOf, seedProject, startCore, type Core } from './support.ts';

let house: Core;
beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());

const PASSWORD = 'pa$$word-in-the-audit-log';

interface Place {
  readonly projectId: string;
  readonly databaseId: string;
}

interface Mutation {
  readonly action: string;
  readonly run: (ctx: Context, place: Place) => Promise<unknown>;
  /** What has to be done before, whose entries are not looked at. */
  readonly before?: (ctx: Context, place: Place) => Promise<unknown>;
}

/** Every verb that changes something. A new one has to be added here before the last test of this file passes. */
const MUTATIONS: Record<string, Mutation> = {
  createProject: {
    action: 'project.create',
    run: async (ctx) => await core.createProject({ ctx, input: projectInput(orgOf(ctx)) }),
  },
  updateProject: {
    action: 'project.update',
    run: async (ctx, { projectId }) =>
      await core.updateProject({ ctx, input: { projectId, changes: { name: 'renamed' } } }),
  },
  deleteProject: {
    action: 'project.delete',
    run: async (ctx, { projectId }) => await core.deleteProject({ ctx, input: { projectId } }),
  },
  restoreProject: {
    action: 'project.restore',
    before: async (ctx, { projectId }) => await core.deleteProject({ ctx, input: { projectId } }),
    run: async (ctx, { projectId }) => await core.restoreProject({ ctx, input: { projectId } }),
  },
  createDatabase: {
    action: 'database.create',
    run: async (ctx, { projectId }) =>
      await core.createDatabase({
        ctx,
        input: { projectId, database: databaseInput({ password: PASSWORD }) },
      }),
  },
  updateDatabase: {
    action: 'database.update',
    run: async (ctx, place) =>
      await core.updateDatabase({ ctx, input: { ...place, changes: { password: PASSWORD, port: 6543 } } }),
  },
  deleteDatabase: {
    action: 'database.delete',
    run: async (ctx, place) => await core.deleteDatabase({ ctx, input: place }),
  },
  restoreDatabase: {
    action: 'database.restore',
    before: async (ctx, place) => await core.deleteDatabase({ ctx, input: place }),
    run: async (ctx, place) => await core.restoreDatabase({ ctx, input: place }),
  },
};

interface Entry {
  readonly id: string;
  readonly before: object | null;
  readonly after: object | null;
  readonly [column: string]: unknown;
}

/** The entries that `work` has added. */
async function entriesOf(work: () => Promise<unknown>): Promise<Entry[]> {
  const before = await house.owner<Entry[]>`select * from audit_entries`;
  await work();
  const known = new Set(before.map(({ id }) => id));
  const after = await house.owner<Entry[]>`select * from audit_entries order by id`;
  return after.filter(({ id }) => !known.has(id));
}

async function place(ctx: Context): Promise<Place> {
  const { projectId, passwords } = await seedProject(ctx, 1);
  return { projectId, databaseId: [...passwords.keys()][0]! };
}

describe.each(Object.entries(MUTATIONS))('%s', (_verb, { action, before, run }) => {
  test('leaves exactly one entry, which says who did what to what, when and from where', async () => {
    const ctx = house.context();
    const where = await place(ctx);
    await before?.(ctx, where);
    const entries = await entriesOf(async () => await run(ctx, where));
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      ...{ action, org_id: orgOf(ctx), actor_kind: 'user', actor_id: ctx.actor.id },
      ...{ request_id: ctx.requestId, address: '192.0.2.1', created_at: house.clock.now() },
      resource_kind: action.split('.')[0],
    });
    expect(JSON.stringify(entries)).not.toContain(PASSWORD);
  });

  test('leaves none when the same request comes again with its idempotency key', async () => {
    const ctx = house.context({ idempotency: { key: crypto.randomUUID(), request: 'the same' } });
    const where = await place({ ...ctx, idempotency: undefined });
    await before?.({ ...ctx, idempotency: undefined }, where);
    await run(ctx, where);
    expect(await entriesOf(async () => await run(ctx, where))).toEqual([]);
  });

  test('leaves none when a viewer is refused', async () => {
    const owner = house.context();
    const where = await place(owner);
    await before?.(owner, where);
    const viewer = house.context({ role: 'viewer', orgId: orgOf(owner) });
    const refused = async () => await expect(run(viewer, where)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await entriesOf(refused)).toEqual([]);
  });
});

describe('an entry', () => {
  test('of a project made with its database has one of the database beside it', async () => {
    const ctx = house.context();
    const database = databaseInput({ password: PASSWORD });
    const entries = await entriesOf(
      async () => await core.createProject({ ctx, input: projectInput(orgOf(ctx), { database }) }),
    );
    expect(entries.map((entry) => String(entry['action'])).toSorted()).toEqual([
      'database.create',
      'project.create',
    ]);
    expect(new Set(entries.map((entry) => entry['project_id'])).size).toBe(1);
    expect(JSON.stringify(entries)).not.toContain(PASSWORD);
  });

  test('of a change shows what changed, before and after, and that a password was set but not which', async () => {
    const ctx = house.context();
    const where = await place(ctx);
    const [entry] = await entriesOf(async () => await MUTATIONS['updateDatabase']!.run(ctx, where));
    expect(entry).toMatchObject({ resource_id: where.databaseId, project_id: where.projectId });
    expect(entry!.before).toEqual({ port: 5432 });
    expect(entry!.after).toEqual({ port: 6543, password: '[redacted]' });
  });

  test('of a creation shows what was made, of a deletion what is gone', async () => {
    const ctx = house.context();
    const where = await place(ctx);
    const [gone] = await entriesOf(async () => await core.deleteDatabase({ ctx, input: where }));
    expect(gone).toMatchObject({ before: { id: where.databaseId, host: 'db.example.com' }, after: null });
    const [made] = await entriesOf(async () => await MUTATIONS['createProject']!.run(ctx, where));
    expect(made).toMatchObject({ before: null, after: { org_id: orgOf(ctx), status: 'active' } });
    expect(made!['resource_id']).toBe((made!.after as { id: string }).id);
  });

  test('is not made of a request that changes nothing', async () => {
    const ctx = house.context();
    const where = await place(ctx);
    const nothing = async () => {
      await core.updateDatabase({ ctx, input: { ...where, changes: { port: 5432 } } });
      await core.updateProject({ ctx, input: { projectId: where.projectId, changes: { status: '' } } });
    };
    expect(await entriesOf(nothing)).toEqual([]);
  });
});

test('this suite knows every verb that changes something', () => {
  const verbs = Object.keys(core).filter((name) =>
    /^(create|update|delete|restore)(?!Vault)[A-Z]/.test(name),
  );
  expect(Object.keys(MUTATIONS).toSorted()).toEqual(verbs.toSorted());
});
