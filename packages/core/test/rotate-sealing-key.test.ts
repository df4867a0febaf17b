import { createVault, type Vault, type VaultKey } from '@headgate/vault';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rotateSealingKey, updateDatabase, type Context } from '../src/index.ts';
import type { RotationProgress } from '../src/index.ts';
import { newKey, openAll, seedProject, startCore, type Core } from './support.ts';

const COUNT = 45;

let house: Core;
let oldKey: VaultKey;
let nextKey: VaultKey;
/** What an instance seals with before the rotation, and what it seals with after it was given the new key. */
let oldVault: Vault;
let newVault: Vault;
let ctx: Context;
let projectId: string;
let passwords: Map<string, string>;

beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());
beforeEach(async () => {
  await house.owner`truncate projects, databases, audit_entries, idempotency_records, organizations cascade`;
  oldKey = newKey();
  nextKey = newKey();
  oldVault = await createVault([oldKey]);
  newVault = await createVault([nextKey, oldKey]);
  ctx = house.context({ vault: oldVault });
  ({ projectId, passwords } = await seedProject(ctx, COUNT));
});

const rotate = async (over: Partial<Parameters<typeof rotateSealingKey>[0]> = {}) =>
  await rotateSealingKey({ store: house.store, vault: newVault, batchSize: 10, ...over });

/** How many secrets lie under each key. */
async function byKey(): Promise<Record<string, number>> {
  const rows = await house.owner<{ key: string; count: number }[]>`
    select sealing_key_id as key, count(*)::int from databases where sealed_password is not null group by 1
  `;
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]));
}

async function setPassword(databaseId: string, password: string, vault: Vault): Promise<void> {
  await updateDatabase({ ctx: { ...ctx, vault }, input: { projectId, databaseId, changes: { password } } });
  passwords.set(databaseId, password);
}

/** A vault that does `work` once, when it is about to open the first secret of a batch that was already read. */
function interruptedVault(vault: Vault, work: () => Promise<void>): Vault {
  let isDone = false;
  return {
    ...vault,
    open: async (jwe, owner) => {
      const opened = await vault.open(jwe, owner);
      if (!isDone) {
        isDone = true;
        await work();
      }
      return opened;
    },
  };
}

describe('a rotation', () => {
  test('seals everything under the first key, so that the old one can be dropped and every password still opens', async () => {
    expect(await rotate()).toEqual({ total: COUNT, resealed: COUNT, failed: [], remaining: 0 });
    expect(await byKey()).toEqual({ [nextKey.kid]: COUNT });
    expect(await openAll(house.owner, await createVault([nextKey]))).toEqual(passwords);
  });

  test('changes nothing that anyone sees: neither version, nor time, nor the audit log', async () => {
    const look = async () => await house.owner`select id, version, updated_at from databases order by id`;
    const [before, entries] = [[...(await look())], await house.owner`select count(*) from audit_entries`];
    await rotate();
    expect([...(await look())]).toEqual(before);
    expect([...(await house.owner`select count(*) from audit_entries`)]).toEqual([...entries]);
  });

  test('reports progress that adds up, batch by batch', async () => {
    const seen: RotationProgress[] = [];
    await rotate({ onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ resealed }) => resealed)).toEqual([0, 10, 20, 30, 40, 45]);
    expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([COUNT]));
  });

  test('has nothing left to do when it is run again', async () => {
    await rotate();
    const sealed = [...(await house.owner`select id, sealed_password from databases order by id`)];
    expect(await rotate()).toEqual({ total: 0, resealed: 0, failed: [], remaining: 0 });
    expect([...(await house.owner`select id, sealed_password from databases order by id`)]).toEqual(sealed);
  });

  test('stops between two batches when it is told to, and the next one continues with the rest', async () => {
    const stopping = new AbortController();
    const first = await rotate({
      signal: stopping.signal,
      onProgress: ({ resealed }) => resealed >= 20 && stopping.abort(),
    });
    expect(first).toMatchObject({ total: COUNT, resealed: 20 });
    expect(await byKey()).toEqual({ [nextKey.kid]: 20, [oldKey.kid]: COUNT - 20 });
    expect(await rotate()).toEqual({ total: COUNT - 20, resealed: COUNT - 20, failed: [], remaining: 0 });
    expect(await openAll(house.owner, await createVault([nextKey]))).toEqual(passwords);
  });

  test('takes the deleted along, which can still be restored, and leaves blank primaries alone', async () => {
    await house.owner`update databases set deleted_at = now() where id in (select id from databases limit 5)`;
    await house.owner`
      update databases set host = '', port = 0, name = '', username = '',
        sealed_password = null, sealing_key_id = null, password_id = null
      where id in (select id from databases where deleted_at is null limit 5)
    `;
    expect(await rotate()).toEqual({ total: COUNT - 5, resealed: COUNT - 5, failed: [], remaining: 0 });
    expect(await byKey()).toEqual({ [nextKey.kid]: COUNT - 5 });
  });

  test('beside another rotation loses nothing, and both together do each secret once', async () => {
    const results = await Promise.all([
      rotate({ batchSize: 7 }),
      rotate({ batchSize: 5 }),
      rotate({ batchSize: 7 }),
    ]);
    expect(results.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(COUNT);
    expect(results.flatMap(({ failed }) => failed)).toEqual([]);
    expect(await byKey()).toEqual({ [nextKey.kid]: COUNT });
    expect(await openAll(house.owner, await createVault([nextKey]))).toEqual(passwords);
  });
});

describe('a password that is set while the rotation runs', () => {
  test('is not overwritten by the one before it', async () => {
    const [id] = [...passwords.keys()].toSorted();
    const vault = interruptedVault(newVault, async () => await setPassword(id!, 'set meanwhile', newVault));
    await rotate({ vault });
    const opened = await openAll(house.owner, await createVault([nextKey]));
    expect(opened.get(id!)).toBe('set meanwhile');
    expect(opened).toEqual(passwords);
  });

  test('is kept, however many are set at once', async () => {
    const writes = [...passwords.keys()].map(async (id, index) => {
      for (let turn = 0; turn < 4; turn += 1) await setPassword(id, `turn ${turn} of ${index}`, newVault);
    });
    await Promise.all([rotate({ batchSize: 3 }), ...writes]);
    await rotate();
    expect(await openAll(house.owner, await createVault([nextKey]))).toEqual(passwords);
  });

  // Instances get their new keys one after the other: one that still has the old list seals under the old key.
  test('by an instance that still seals under the old key is sealed again before the rotation says that it is done', async () => {
    const [id] = [...passwords.keys()].toSorted();
    const vault = interruptedVault(
      newVault,
      async () => await setPassword(id!, 'under the old key', oldVault),
    );
    const { failed } = await rotate({ vault });
    expect(failed).toEqual([]);
    expect(await byKey()).toEqual({ [nextKey.kid]: COUNT });
    expect(await openAll(house.owner, await createVault([nextKey]))).toEqual(passwords);
  });
});

describe('a secret that does not open', () => {
  test('is reported by its row and column and left as it is, and the rest is done', async () => {
    const [altered = '', foreign = '', moved = ''] = [...passwords.keys()];
    const { jwe, keyId } = await (await createVault([newKey()])).seal('x', `databases/${foreign}/password`);
    await house.owner`update databases set sealed_password = 'altered' where id = ${altered}`;
    await house.owner`update databases set sealed_password = ${jwe}, sealing_key_id = ${keyId} where id = ${foreign}`;
    await house.owner`
      update databases set sealed_password = (select sealed_password from databases where id <> ${moved} and sealed_password like '{%' limit 1)
      where id = ${moved}
    `;
    const before = [
      ...(await house.owner`select id, sealed_password from databases where id in ${house.owner([altered, foreign, moved])} order by id`),
    ];
    const { total, resealed, failed } = await rotate({ batchSize: 2 });
    const named = [altered, foreign, moved].map((id) => `${id} sealed_password`);
    expect(failed.toSorted()).toEqual(named.toSorted());
    expect({ total, resealed }).toEqual({ total: COUNT, resealed: COUNT - 3 });
    expect([
      ...(await house.owner`select id, sealed_password from databases where id in ${house.owner([altered, foreign, moved])} order by id`),
    ]).toEqual(before);
  });

  test('does not keep the rotation from ending, even if none opens', async () => {
    const stranger = await createVault([newKey()]);
    const { resealed, failed } = await rotate({ vault: stranger });
    expect({ resealed, failed: failed.length }).toEqual({ resealed: 0, failed: COUNT });
    expect(await byKey()).toEqual({ [oldKey.kid]: COUNT });
  });
});
