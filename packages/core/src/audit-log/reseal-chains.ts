import { query, type Store } from '@headgate/db';
import type { Vault } from '@headgate/vault';
import { sql } from 'kysely';
import { checkSeal, sealHead } from './seal.ts';

/** The end of a chain that lies under another key than the one that seals now. */
export interface OutdatedSeal {
  readonly org_id: string;
  readonly length: number;
  readonly hash: string;
  readonly seal: string;
}

const keyOfSeal = sql<string>`split_part(seal, ':', 1)`;

/** The ids of the keys under which ends of chains lie. */
export async function keysOfSeals(store: Store): Promise<string[]> {
  const rows = await store.maintain(
    query.selectFrom('audit_chains').select(keyOfSeal.as('key_id')).distinct().orderBy('key_id'),
  );
  return rows.map(({ key_id: keyId }) => keyId);
}

/** How many ends of chains lie under another key. */
export async function countOutdatedSeals(store: Store, keyId: string): Promise<number> {
  const [row] = await store.maintain(
    query
      .selectFrom('audit_chains')
      .where(keyOfSeal, '<>', keyId)
      .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('count')),
  );
  return row?.count ?? 0;
}

/** The next of them behind this organization. */
export async function outdatedSeals(
  store: Store,
  keyId: string,
  after: string,
  size: number,
): Promise<OutdatedSeal[]> {
  return await store.maintain(
    query
      .selectFrom('audit_chains')
      .selectAll()
      .where(keyOfSeal, '<>', keyId)
      .where('org_id', '>', after)
      .orderBy('org_id')
      .limit(size),
  );
}

/**
 * Seals the end of a chain under the first key, when it is as it was sealed under its own. A chain that grew meanwhile
 * is left as it then is: whoever extended it sealed it.
 *
 * @returns whether its seal was good; one that is not stays as it is, for verification to find
 */
export async function resealChain(store: Store, vault: Vault, outdated: OutdatedSeal) {
  const { org_id: orgId, seal } = outdated;
  if (checkSeal(vault, orgId, outdated) !== 'intact') return { isGood: false, resealed: 0 };
  const written = await store.maintain(
    query
      .updateTable('audit_chains')
      .set({ seal: sealHead(vault, orgId, outdated) })
      .where('org_id', '=', orgId)
      .where('seal', '=', seal)
      .returning('org_id'),
  );
  return { isGood: true, resealed: written.length };
}
