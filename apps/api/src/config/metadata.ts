import { parseVaultKeys, VaultError } from '@headgate/core';
import { ConfigError } from './error.ts';

/** Where the metadata lie; undefined when the embedded PostgreSQL is to keep them. */
export function readDatabaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2) {
    throw new ConfigError(
      'DATABASE_URL',
      'give a URL of the form postgresql://user:password@host:5432/database',
    );
  }
  return text;
}

/** What seals the secrets in the metadata. A database that outlives this machine needs keys that do so too. */
export function readVaultKeys(text: string | undefined, isRequired: boolean): string | undefined {
  if (text === undefined) {
    if (!isRequired) return undefined;
    throw new ConfigError('VAULT_KEYS', 'give a JWK Set of 256-bit oct keys; it is needed with DATABASE_URL');
  }
  try {
    parseVaultKeys(text);
    return text;
  } catch (error) {
    if (error instanceof VaultError) throw new ConfigError('VAULT_KEYS', error.message);
    throw error;
  }
}
