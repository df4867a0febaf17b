import { join } from 'node:path';
import { generateVaultKeys, systemClock } from '@headgate/core';
import { keep } from './data-dir.ts';

const FILE = 'vault-keys.json';

/** The vault keys of the embedded mode, made at the first start. The operator may edit the file to add a key. */
export async function readEmbeddedVaultKeys(dataDir: string): Promise<string> {
  return await keep(join(dataDir, FILE), () => generateVaultKeys(systemClock.now()));
}
