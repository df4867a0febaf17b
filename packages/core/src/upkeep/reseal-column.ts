import { query, type Store } from '@headgate/db';
import type { Vault } from '@headgate/vault';
import { sql, type RawBuilder } from 'kysely';
import type { SealedColumn } from './sealed-columns.ts';

/** A secret of a row as it lies in a column. */
export interface SealedSecret {
  readonly id: string;
  readonly sealed: string;
}

/** A statement over a table and columns that are named when it runs, each from the list of sealed columns. */
async function run<T>(store: Store, statement: RawBuilder<T>): Promise<T[]> {
  return await store.maintain({ compile: () => statement.compile(query) });
}

/**
 * The ids of the keys under which secrets of a column lie. Each is found by one step in the index of the column, from
 * the one before it: to look at every secret would take as long as there are many.
 */
export async function keysInUse(store: Store, { table, keyColumn }: SealedColumn): Promise<string[]> {
  const [from, key] = [sql.table(table), sql.ref(keyColumn)];
  const rows = await run(
    store,
    sql<{ key_id: string }>`
      with recursive used as (
        (select ${key} as key_id from ${from} where ${key} is not null order by 1 limit 1)
        union all
        select (select ${key} from ${from} where ${key} > used.key_id order by 1 limit 1)
        from used where used.key_id is not null
      )
      select key_id from used where key_id is not null
    `,
  );
  return rows.map(({ key_id: keyId }) => keyId);
}

/** Some of the secrets that lie under a key. */
export async function secretsUnder(
  store: Store,
  { table, column, keyColumn }: SealedColumn,
  { keyId, size }: { readonly keyId: string; readonly size: number },
): Promise<SealedSecret[]> {
  return await run(
    store,
    sql<SealedSecret>`
      select id, ${sql.ref(column)} as sealed from ${sql.table(table)}
      where ${sql.ref(keyColumn)} = ${keyId} order by id limit ${size}
    `,
  );
}

/** How many secrets of a column lie under another key. */
export async function countOutdated(
  store: Store,
  { table, keyColumn }: SealedColumn,
  keyId: string,
): Promise<number> {
  const [row] = await run(
    store,
    sql<{ count: number }>`
      select count(*)::integer as count from ${sql.table(table)} where ${sql.ref(keyColumn)} <> ${keyId}
    `,
  );
  return row?.count ?? 0;
}

/** The next of them behind this row. */
export async function outdatedSecrets(
  store: Store,
  { table, column, keyColumn }: SealedColumn,
  { keyId, after, size }: { readonly keyId: string; readonly after: string; readonly size: number },
): Promise<SealedSecret[]> {
  return await run(
    store,
    sql<SealedSecret>`
      select id, ${sql.ref(column)} as sealed from ${sql.table(table)}
      where ${sql.ref(keyColumn)} <> ${keyId} and id > ${after} order by id limit ${size}
    `,
  );
}

/** The same secrets under the first key of the vault, and the ids of those that do not open. */
export async function sealAnew(vault: Vault, { owner }: SealedColumn, batch: readonly SealedSecret[]) {
  const results = await Promise.allSettled(
    batch.map(async ({ id, sealed: old }) => {
      const { jwe } = await vault.seal(await vault.open(old, owner(id)), owner(id));
      return { id, old, jwe };
    }),
  );
  return {
    sealed: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    failed: batch.filter((_, index) => results[index]?.status === 'rejected').map(({ id }) => id),
  };
}

interface Replacement {
  readonly id: string;
  readonly old: string;
  readonly jwe: string;
}

/**
 * Writes secrets that were sealed anew. Compares with what was read, so that a secret that was set in the meantime is
 * not overwritten by the one before it.
 *
 * @returns how many were written
 */
export async function replaceSecrets(
  store: Store,
  { table, column, keyColumn }: SealedColumn,
  { keyId, secrets }: { readonly keyId: string; readonly secrets: readonly Replacement[] },
): Promise<number> {
  const values = (pick: (secret: Replacement) => string) => sql`unnest(${secrets.map(pick)}::text[])`;
  const replaced = sql.ref(`${table}.${column}`);
  const written = await run(
    store,
    sql<{ id: string }>`
      update ${sql.table(table)} set ${sql.ref(column)} = replacement.jwe, ${sql.ref(keyColumn)} = ${keyId}
      from (
        select ${values(({ id }) => id)} as id, ${values(({ old }) => old)} as old, ${values(({ jwe }) => jwe)} as jwe
      ) as replacement
      where ${sql.ref(`${table}.id`)} = replacement.id and ${replaced} = replacement.old
      returning replacement.id
    `,
  );
  return written.length;
}
