import { newId } from '@headgate/schema';
import { createTestDatabase } from '@headgate/testing';
import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStore, query } from '../src/index.ts';
import { connectAs, sampleRow } from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);
const store = openStore({ url: database.url, maxConnections: 8 });

beforeEach(async () => {
  await owner`truncate headgate.projects cascade`;
});
afterAll(async () => {
  await Promise.all([store.close(), owner.end()]);
  await database.drop();
});

const insertProject = (name: string, orgId = 'org_a') =>
  query
    .insertInto('projects')
    .values(sampleRow('projects', { orgId, projectId: newId('prj') }, { name }) as never);
const names = async () =>
  (await owner`select name from headgate.projects order by name`).map((row) => String(row['name']));

describe('a transaction', () => {
  test('keeps all of its statements', async () => {
    await store.transact({ tenants: ['org_a'] }, async (tx) => {
      await tx.run(insertProject('one'));
      await tx.run(insertProject('two'));
    });
    expect(await names()).toEqual(['one', 'two']);
  });

  test('keeps none of them when its work throws after they were done', async () => {
    const failing = store.transact({ tenants: ['org_a'] }, async (tx) => {
      await tx.run(insertProject('one'));
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await names()).toEqual([]);
  });

  test('keeps none of them when one fails, however many travel with it, even if its error is caught', async () => {
    const together = store.transact({ tenants: ['org_a'] }, async (tx) => {
      const statements = [insertProject('one'), insertProject('foreign', 'org_b'), insertProject('two')];
      await Promise.all(statements.map(async (statement) => await tx.run(statement)));
    });
    await expect(together).rejects.toMatchObject({ code: '42501' });
    const caught = store.transact({ tenants: ['org_a'] }, async (tx) => {
      await tx.run(insertProject('three'));
      await tx.run(insertProject('foreign', 'org_b')).catch(() => {});
    });
    await expect(caught).rejects.toMatchObject({ code: '42501' });
    expect(await names()).toEqual([]);
  });

  test('runs statements that are started together in the order given', async () => {
    await store.transact({ tenants: ['org_a'] }, async (tx) => {
      const steps = Array.from({ length: 30 }, (_, index) =>
        query.updateTable('projects').set({ name: sql<string>`name || ${`,${index}`}` }),
      );
      await Promise.all([insertProject('start'), ...steps].map(async (statement) => await tx.run(statement)));
    });
    expect(await names()).toEqual([`start,${Array.from({ length: 30 }, (_, index) => index).join(',')}`]);
  });

  test('gives back what its work returns, also when that is nothing', async () => {
    expect(await store.transact({ tenants: [] }, () => Promise.resolve(undefined))).toBeUndefined();
    expect(await store.transact({ tenants: [] }, () => Promise.resolve([1, 2]))).toEqual([1, 2]);
  });

  test('shows nothing to others before it is committed', async () => {
    await store.transact({ tenants: ['org_a'] }, async (tx) => {
      await tx.run(insertProject('one'));
      expect(await store.read(['org_a'], query.selectFrom('projects').select('id'))).toEqual([]);
    });
    expect(await store.read(['org_a'], query.selectFrom('projects').select('id'))).toHaveLength(1);
  });

  test('whose work throws at once, while its tenants cannot be set either, leaves no rejection unhandled', async () => {
    const unhandled = vi.fn();
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', unhandled);
    try {
      const doomed = store.transact({ tenants: ['not\0a text'] }, () => Promise.reject(new Error('at once')));
      await expect(doomed).rejects.toThrow();
      // A rejection is reported once the microtasks are done.
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });
});

describe('transactions of one name', () => {
  /** How many bodies of work were inside at the same time, at most. */
  async function mostAtOnce(nameOf: (index: number) => string | undefined): Promise<number> {
    let inside = 0;
    let most = 0;
    const work = Array.from({ length: 8 }, async (_, index) => {
      await store.transact({ tenants: ['org_a'], oneAtATime: nameOf(index) }, async (tx) => {
        // The first answer comes once the turn has come.
        await tx.run(query.selectFrom('projects').select('id'));
        inside += 1;
        most = Math.max(most, inside);
        await tx.run({ compile: () => ({ sql: 'select pg_sleep(0.02)', parameters: [] }) } as never);
        inside -= 1;
      });
    });
    await Promise.all(work);
    return most;
  }

  test('run one after the other', async () => {
    expect(await mostAtOnce(() => 'the same')).toBe(1);
  });

  test('see what the one before has committed: of eight that look first, one inserts', async () => {
    const insertOnce = async () =>
      await store.transact({ tenants: ['org_a'], oneAtATime: 'once' }, async (tx) => {
        const found = await tx.run(query.selectFrom('projects').select('id').where('name', '=', 'once'));
        if (found.length === 0) await tx.run(insertProject('once'));
      });
    await Promise.all(Array.from({ length: 8 }, insertOnce));
    expect(await names()).toEqual(['once']);
  });

  test('do not wait for those of other names, or of none', async () => {
    expect(await mostAtOnce((index) => `name ${index}`)).toBeGreaterThan(1);
    expect(await mostAtOnce(() => undefined)).toBeGreaterThan(1);
  });
});

describe('readiness', () => {
  test('is refused until every migration is there, and remembered afterwards', async () => {
    const empty = await createTestDatabase({ empty: true });
    const early = openStore({ url: empty.url, maxConnections: 1 });
    await expect(early.checkReady()).rejects.toThrow();
    await early.close();
    await empty.drop();
    await expect(store.checkReady()).resolves.toBeUndefined();
    await expect(store.checkReady()).resolves.toBeUndefined();
  });

  test('is refused with the names of what is missing', async () => {
    const behind = await createTestDatabase();
    const sql = connectAs(behind.url);
    await sql`delete from headgate.migrations where name like '0005%'`;
    const late = openStore({ url: behind.url, maxConnections: 1 });
    await expect(late.checkReady()).rejects.toThrow('0005-create-idempotency-records');
    await Promise.all([late.close(), sql.end()]);
    await behind.drop();
  });
});
