import { findMissingKey, type MissingKey, type Store, type Vault } from '@headgate/core';
import type { Logger } from 'pino';
import { ConfigError } from './config/index.ts';

interface Check {
  readonly store: Store;
  readonly vault: Vault;
  /** Keys that the operator has given up, by their ids. */
  readonly lost: readonly string[];
  readonly log: Logger;
}

/**
 * Refuses a database whose secrets the vault cannot open, as after a restore beside other keys: it would be found out
 * when the first password is asked for, and by then others would lie under the wrong keys.
 *
 * A database that cannot be asked now, because it is down or another instance is to migrate it, stops no start.
 *
 * @throws ConfigError that names the key and says what to do
 */
export async function checkVaultKeys({ store, vault, lost, log }: Check): Promise<void> {
  let key: MissingKey | undefined;
  try {
    key = await findMissingKey({ store, vault, lost });
  } catch (error) {
    log.warn({ err: error }, 'whether the vault keys are those of the database could not be told');
    return;
  }
  if (key !== undefined) throw new ConfigError('VAULT_KEYS', remedyOf(key));
}

function remedyOf({ keyId, reason }: MissingKey): string {
  const named = JSON.stringify(keyId);
  const giveUp = 'or name it in VAULT_KEYS_LOST if it is gone for good, with all that it has sealed';
  return reason === 'missing'
    ? `what the database holds is sealed under the key ${named}, which is not among them; add it, ${giveUp}`
    : `the key ${named} does not open what a key of this id has sealed in the database; give the one that did, ${giveUp}`;
}
