import { randomBytes } from 'node:crypto';
import { VaultError } from './errors.ts';

const KEY_BYTES = 32;
const MAX_KEYS = 16;
const KEY_ID = /^[A-Za-z0-9_.-]{1,64}$/;

/** A symmetric key as a JWK (RFC 7518, section 6.4) with the id by which sealed texts name it. */
export interface VaultKey {
  readonly kid: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a JWK Set of 256-bit `oct` keys. The first seals; all open.
 *
 * @throws VaultError VAULT_KEYS_INVALID, saying which key is wrong in what, and never what it holds
 */
export function parseVaultKeys(text: string): VaultKey[] {
  const keys = jwksOf(text);
  if (keys.length === 0) throw invalid('holds no key; add one');
  if (keys.length > MAX_KEYS) throw invalid(`holds ${keys.length} keys; at most ${MAX_KEYS} are allowed`);
  const parsed = keys.map((key, index) => parseKey(key, `keys[${index}]`));
  const ids = new Set(parsed.map((key) => key.kid));
  if (ids.size !== parsed.length) throw invalid('holds two keys of one kid; give each its own');
  return parsed;
}

/** A new JWK Set of one random key, as text. */
export function generateVaultKeys(now: Date): string {
  const kid = `headgate-${now.toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  return JSON.stringify(
    { keys: [{ kty: 'oct', kid, k: randomBytes(KEY_BYTES).toString('base64url') }] },
    null,
    2,
  );
}

function jwksOf(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which holds keys.
    throw invalid('is not JSON');
  }
  const keys = isRecord(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys)) throw invalid('has no list "keys"');
  return keys;
}

function parseKey(key: unknown, where: string): VaultKey {
  if (!isRecord(key)) throw invalid(`${where} is not an object`);
  const { kty, kid, k } = key;
  if (kty !== 'oct') throw invalid(`${where}.kty must be "oct"`);
  if (typeof kid !== 'string' || !KEY_ID.test(kid)) {
    throw invalid(`${where}.kid must have 1 to 64 letters, digits, "_", "." or "-"`);
  }
  const bytes = typeof k === 'string' && /^[A-Za-z0-9_-]+$/.test(k) ? Buffer.from(k, 'base64url') : undefined;
  if (bytes?.length !== KEY_BYTES) throw invalid(`${where}.k must be ${KEY_BYTES} bytes in base64url`);
  return { kid, bytes: new Uint8Array(bytes) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(what: string): VaultError {
  return new VaultError('VAULT_KEYS_INVALID', `the JWK Set ${what}`);
}
