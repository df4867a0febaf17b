import { createTestDatabase } from '@headgate/testing';
import type { TransactionSql } from 'postgres';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { connectAs, insertRow, sampleRow } from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);
const app = connectAs(database.url, 'headgate_app');
const ids = { orgId: 'org_a', projectId: 'prj_1' };
const WALL = { code: '42501' };

beforeEach(async () => {
  await owner`truncate headgate.audit_entries`;
  await insertRow(owner, 'audit_entries', sampleRow('audit_entries', ids));
  await insertRow(owner, 'audit_entries', sampleRow('audit_entries', { ...ids, orgId: 'org_b' }));
});
afterAll(async () => {
  await Promise.all([owner.end(), app.end()]);
  await database.drop();
});

/** One statement for org_a, which is kept. */
async function asTenant<T>(work: (sql: TransactionSql) => Promise<T>): Promise<T> {
  return (await app.begin(async (sql) => {
    await sql`select set_config('headgate.tenants', '{org_a}', true)`;
    return await work(sql);
  })) as T;
}

const link = async (position: number | null, hash: string | null = 'h') =>
  await asTenant(
    async (sql) =>
      (
        await sql`update headgate.audit_entries set position = ${position}, previous_hash = ${hash}, hash = ${hash}`
      ).count,
  );
const links = async () =>
  await owner`select org_id, position::int, previous_hash, hash from headgate.audit_entries order by org_id`;
const UNLINKED = { position: null, previous_hash: null, hash: null };

describe('the place of an audit entry in its chain', () => {
  test("is given once, to a tenant's own entries only", async () => {
    expect(await link(1)).toBe(1);
    expect(await links()).toEqual([
      { org_id: 'org_a', position: 1, previous_hash: 'h', hash: 'h' },
      { org_id: 'org_b', ...UNLINKED },
    ]);
  });

  test('is not given to an entry from before there was a chain', async () => {
    await owner`update headgate.audit_entries set mac = null`;
    expect(await link(1)).toBe(0);
    expect(await links()).toContainEqual({ org_id: 'org_a', ...UNLINKED });
  });

  test('is never changed: an entry that has one is met by no further update', async () => {
    await link(1);
    const before = await links();
    expect(await link(2, 'x')).toBe(0);
    expect(await link(1)).toBe(0);
    expect(await link(null, null)).toBe(0);
    expect(await links()).toEqual(before);
  });

  test('cannot be set to nothing, nor hash and predecessor without it', async () => {
    await expect(link(null, null)).rejects.toMatchObject(WALL);
    const half = asTenant(async (sql) => await sql`update headgate.audit_entries set hash = 'h'`);
    await expect(half).rejects.toMatchObject(WALL);
    expect(await links()).toContainEqual({ org_id: 'org_a', ...UNLINKED });
  });

  test('is all that can be set: every other column of an entry stays what it was', async () => {
    const columns = await owner<{ name: string }[]>`
      select attname as name from pg_attribute
      where attrelid = 'headgate.audit_entries'::regclass and attnum > 0 and not attisdropped
        and attname not in ('position', 'previous_hash', 'hash')
    `;
    expect(columns.length).toBeGreaterThan(10);
    for (const { name } of columns) {
      const attempt = asTenant(
        async (sql) =>
          await sql`
            update headgate.audit_entries
            set position = 1, previous_hash = 'p', hash = 'h', ${sql(name)} = ${sql(name)}
          `,
      );
      await expect(attempt, name).rejects.toMatchObject(WALL);
    }
    expect(await links()).toContainEqual({ org_id: 'org_a', ...UNLINKED });
  });

  test('is not given by a conflict with the key of an entry either', async () => {
    await link(1);
    const [entry] = await owner`select * from headgate.audit_entries where org_id = 'org_a'`;
    const attempt = asTenant(
      async (sql) =>
        await sql`
          insert into headgate.audit_entries ${sql(entry ?? {})}
          on conflict (id) do update set position = 9, previous_hash = 'p', hash = 'x'
        `,
    );
    await expect(attempt).rejects.toMatchObject(WALL);
    expect(await links()).toContainEqual({ org_id: 'org_a', position: 1, previous_hash: 'h', hash: 'h' });
  });
});
