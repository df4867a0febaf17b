import { createCipheriv, randomBytes, type KeyObject } from 'node:crypto';

/** Key encryption by AES-256 in GCM (RFC 7518, section 4.7), and content encryption by the same (section 5.3). */
export const KEY_WRAPPING = 'A256GCMKW';
export const ENCRYPTION = 'A256GCM';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** RFC 7518, sections 4.7.1.1 and 5.3. A random one is good for 2^32 texts under a key (NIST SP 800-38D, section 8.3). */
const IV_BYTES = 12;

/** The key that seals, with the id by which what it sealed names it. */
interface SealingKey {
  readonly kid: string;
  readonly key: KeyObject;
}

/**
 * Seals a text for its owner, as a JWE in flattened JSON form (RFC 7516, section 5.1): under a key of its own, which is
 * sealed under the vault's. The owner is authenticated as the additional data, and left out of what is kept.
 *
 * By node's own ciphers, which are done before WebCrypto has handed such a small text to another thread: with a library
 * on top of that, sealing took a sixth of the time of a write. What opens it is the library.
 */
export function sealJwe(plaintext: string, owner: string, { kid, key }: SealingKey): string {
  const contentKey = randomBytes(KEY_BYTES);
  const wrapped = encrypt(key, contentKey);
  const header = {
    ...{ alg: KEY_WRAPPING, enc: ENCRYPTION, kid },
    ...{ iv: base64url(wrapped.iv), tag: base64url(wrapped.tag) },
  };
  const protectedHeader = base64url(JSON.stringify(header));
  const content = encrypt(contentKey, Buffer.from(plaintext), `${protectedHeader}.${base64url(owner)}`);
  return JSON.stringify({
    ciphertext: base64url(content.ciphertext),
    iv: base64url(content.iv),
    protected: protectedHeader,
    tag: base64url(content.tag),
    encrypted_key: base64url(wrapped.ciphertext),
  });
}

function encrypt(key: KeyObject | Buffer, plaintext: Buffer, additionalData?: string) {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  if (additionalData !== undefined) cipher.setAAD(Buffer.from(additionalData));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { iv, ciphertext, tag: cipher.getAuthTag() };
}

function base64url(bytes: Buffer | string): string {
  return (typeof bytes === 'string' ? Buffer.from(bytes) : bytes).toString('base64url');
}
