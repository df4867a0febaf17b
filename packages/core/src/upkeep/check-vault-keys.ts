import type { Store } from '@headgate/db';
import type { Vault } from '@headgate/vault';
import { keysOfSeals } from '../audit-log/reseal-chains.ts';
import { keysInUse, secretsUnder } from './reseal-column.ts';
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.ts';

/** A key that the database needs and the vault cannot do the work of. */
export interface MissingKey {
  readonly keyId: string;
  /** `missing`: no key of the vault has this id. `different`: one has, and opens nothing of what lies under it. */
  readonly reason: 'missing' | 'different';
}

interface Check {
  readonly store: Store;
  readonly vault: Vault;
  /** Keys that are gone for good, by their ids: what lies under them is not asked about. */
  readonly lost: readonly string[];
}

/**
 * Secrets of a key that are tried. One that does not open may have been altered; that all of them were is less likely
 * than another key under the same id, as after a restore beside keys that were made anew.
 */
const TRIED = 3;

/**
 * The first key under which something lies in the database that the vault cannot open. Undefined when the vault is the
 * database's own. What it costs grows with the keys and the chains of the audit log, and not with the secrets.
 *
 * @throws the database's error when it cannot be asked, also because it has not been migrated yet
 */
export async function findMissingKey({ store, vault, lost }: Check): Promise<MissingKey | undefined> {
  // An end of a chain that was forged may name any key, and is for verification to find; ours are not all forged.
  const [seal, ...others] = (await keysOfSeals(store)).filter((keyId) => !lost.includes(keyId));
  if (seal !== undefined && ![seal, ...others].some((keyId) => vault.isKnown(keyId)))
    return { keyId: seal, reason: 'missing' };
  for (const column of SEALED_COLUMNS) {
    for (const keyId of await keysInUse(store, column)) {
      if (lost.includes(keyId)) continue;
      if (!vault.isKnown(keyId)) return { keyId, reason: 'missing' };
      if (!(await opens({ store, vault }, column, keyId))) return { keyId, reason: 'different' };
    }
  }
  return undefined;
}

async function opens(
  { store, vault }: Pick<Check, 'store' | 'vault'>,
  column: SealedColumn,
  keyId: string,
): Promise<boolean> {
  const secrets = await secretsUnder(store, column, { keyId, size: TRIED });
  const tries = secrets.map(async ({ id, sealed }) => await vault.open(sealed, column.owner(id)));
  const results = await Promise.allSettled(tries);
  // Between two statements the last of them may have been sealed anew.
  return results.length === 0 || results.some(({ status }) => status === 'fulfilled');
}
