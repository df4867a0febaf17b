import { parseVaultKeys, VaultError } from '@headgate/core';
import { ConfigError } from './error.ts';

/** Where the metadata lie; undefined when the embedded PostgreSQL is to keep them. */
export function readDatabaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = parseDatabaseUrl(text);
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2) {
    throw new ConfigError(
      'DATABASE_URL',
      'give a URL of the form postgresql://user:password@host:5432/database',
    );
  }
  return text;
}

/**
 * A URL of PostgreSQL with the first of its hosts. There may be several, each with a port (PostgreSQL manual, section
 * 32.1.1.2), which the driver tries in turn; a URL of the web has one.
 */
export function parseDatabaseUrl(text: string): URL | undefined {
  return URL.parse(text.replace(/^(\w+:\/\/(?:[^/?#]*@)?[^/?#,@]*),[^/?#@]*/, '$1')) ?? undefined;
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

/** More than a vault may ever have held at once. */
const MAX_LOST_KEYS = 100;

/** The ids of vault keys that are gone for good. Whoever names one says that what lies under it may stay sealed. */
export function readLostVaultKeys(text: string | undefined): string[] {
  const ids = text?.split(',').map((id) => id.trim()) ?? [];
  if (ids.length > MAX_LOST_KEYS || !ids.every((id) => /^[\w.-]{1,64}$/.test(id))) {
    throw new ConfigError(
      'VAULT_KEYS_LOST',
      'give the ids (kid) of keys that are gone for good, separated by commas',
    );
  }
  return ids;
}
