import {
  createHmac,
  createSecretKey,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
  type webcrypto,
} from 'node:crypto';
import { errors, flattenedDecrypt, type FlattenedJWE } from 'jose';
import { VaultError } from './errors.ts';
import type { VaultKey } from './keys.ts';
import { ENCRYPTION, KEY_WRAPPING, sealJwe } from './seal-jwe.ts';

/** A sealed text: a JWE in flattened JSON form (RFC 7516, section 7.2.2), and the id of the key that sealed it. */
export interface Sealed {
  readonly jwe: string;
  readonly keyId: string;
}

/** Seals and opens secrets, each bound to the row that it belongs to. */
export interface Vault {
  /** The key that seals now. */
  readonly sealingKeyId: string;
  /** The keys that open, the sealing one among them. */
  readonly keyIds: readonly string[];
  /**
   * Seals a text for its owner. The owner is authenticated, not stored: a sealed text that was moved to another row
   * does not open there. The owner must not be empty.
   */
  seal(plaintext: string, owner: string): Promise<Sealed>;
  /**
   * @throws VaultError VAULT_KEY_UNKNOWN when no key of the vault sealed it, VAULT_OPEN_FAILED when it was altered or
   *   belongs to another owner
   */
  open(jwe: string, owner: string): Promise<string>;
  /**
   * A keyed hash by which two texts can be told apart later: the same text matches its fingerprint for as long as the
   * key is in the vault, and without the key no text can be tried against it.
   */
  fingerprint(text: string): string;
  matches(fingerprint: string, text: string): boolean;
  /** The same hash without the name of its key, for those who are not to learn it. */
  sign(text: string): string;
  /** Whether a key of the vault has signed this text. */
  isSigned(signature: string, text: string): boolean;
  /** Whether the key that made a fingerprint is in the vault: without it, nothing can be said of the fingerprint. */
  isKnown(fingerprint: string): boolean;
}

/** A byte order mark at the front of a secret is part of it; the decoder would drop it otherwise (Encoding Standard, 7.2). */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A vault of these keys: the first seals, all open. */
export async function createVault(keys: readonly VaultKey[]): Promise<Vault> {
  const [first] = keys;
  if (first === undefined) throw new VaultError('VAULT_KEYS_INVALID', 'a vault needs at least one key');
  const sealingKey = { kid: first.kid, key: createSecretKey(first.bytes) };
  const wrappingKeys = new Map(
    await Promise.all(keys.map(async (key) => [key.kid, await importKey(key)] as const)),
  );
  const macKeys = new Map(keys.map((key) => [key.kid, deriveMacKey(key)]));
  const macKey = deriveMacKey(first);

  return {
    sealingKeyId: first.kid,
    keyIds: [...wrappingKeys.keys()],
    seal: async (plaintext, owner) => ({ jwe: sealJwe(plaintext, owner, sealingKey), keyId: first.kid }),
    open: async (jwe, owner) => await openJwe(jwe, owner, wrappingKeys),
    sign: (text) => mac(macKey, text),
    isSigned: (signature, text) => [...macKeys.values()].some((key) => equal(signature, mac(key, text))),
    fingerprint: (text) => `${first.kid}:${mac(macKey, text)}`,
    matches: (fingerprint, text) => {
      const [kid = '', expected = ''] = fingerprint.split(':');
      const key = macKeys.get(kid);
      return key !== undefined && equal(expected, mac(key, text));
    },
    isKnown: (fingerprint) => macKeys.has(fingerprint.split(':', 1)[0] ?? ''),
  };
}

async function openJwe(
  jwe: string,
  owner: string,
  keys: ReadonlyMap<string, webcrypto.CryptoKey>,
): Promise<string> {
  try {
    const flattened = JSON.parse(jwe) as FlattenedJWE;
    const { plaintext } = await flattenedDecrypt(
      { ...flattened, aad: Buffer.from(owner).toString('base64url') },
      (header) => {
        const kid = header?.kid ?? '';
        const key = keys.get(kid);
        if (key === undefined) {
          throw new VaultError(
            'VAULT_KEY_UNKNOWN',
            `no key ${JSON.stringify(kid)} in the vault; add it to VAULT_KEYS again`,
          );
        }
        return key;
      },
      { keyManagementAlgorithms: [KEY_WRAPPING], contentEncryptionAlgorithms: [ENCRYPTION] },
    );
    return decoder.decode(plaintext);
  } catch (error) {
    if (error instanceof VaultError) throw error;
    // A parser's message may quote what it could not parse; jose's own errors say no more than that it failed.
    const cause = error instanceof errors.JOSEError ? { cause: error } : {};
    throw new VaultError(
      'VAULT_OPEN_FAILED',
      'a sealed secret does not open: it was altered or moved',
      cause,
    );
  }
}

async function importKey(key: VaultKey): Promise<webcrypto.CryptoKey> {
  return await crypto.subtle.importKey('raw', key.bytes, 'AES-GCM', false, ['decrypt']);
}

/** A key is used for one purpose only (NIST SP 800-57, section 5.2): the hash has its own, derived by HKDF (RFC 5869). */
function deriveMacKey(key: VaultKey): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key.bytes, '', 'headgate fingerprint', 32)));
}

function mac(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

function equal(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
