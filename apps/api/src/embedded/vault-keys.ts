import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { generateVaultKeys, systemClock } from '@headgate/core';
import { ConfigError } from '../config/index.ts';
import { keep } from './data-dir.ts';

const FILE = 'vault-keys.json';

/**
 * The vault keys of the embedded mode, made at the first start, before there is anything to seal. The operator may
 * edit the file to add a key.
 *
 * @throws ConfigError when the keys are gone and what they have sealed is not: new ones would open none of it
 */
export async function readEmbeddedVaultKeys(
  dataDir: string,
  hasDatabase: (dataDir: string) => Promise<boolean>,
): Promise<string> {
  const file = join(dataDir, FILE);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere && (await hasDatabase(dataDir))) {
    throw new ConfigError('VAULT_KEYS', `${file} is missing; restore it, or remove ${dataDir} to begin anew`);
  }
  return await keep(file, () => generateVaultKeys(systemClock.now()));
}
