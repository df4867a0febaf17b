import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { unauthorized } from '../errors.ts';

/** What a key is for, by how it begins. */
const PREFIXES = { organization: 'hgo_', project: 'hgp_' } as const;

const SECRET_BYTES = 32;
/** How it begins, the random bits, and their checksum, in hexadecimal: no letter that is taken for another one. */
const FORM = /^(hg[op]_[0-9a-f]{64})([0-9a-f]{8})$/;
/** Enough to tell one's keys apart, and 224 bits short of one. */
const HINT_CHARS = 12;

/** A new key, which is shown once, and what is kept of it. */
export function newApiKeyToken(reach: keyof typeof PREFIXES) {
  const random = PREFIXES[reach] + randomBytes(SECRET_BYTES).toString('hex');
  const token = random + checksum(random);
  return { token, hash: hashOf(token), hint: token.slice(0, HINT_CHARS) };
}

/** Whether this is meant as an API key, well-formed or not, and not as a token of the issuer. */
export function isApiKey(credential: string): boolean {
  return Object.values(PREFIXES).some((prefix) => credential.startsWith(prefix));
}

/**
 * The hash of a key, under which it is looked for. A plain one is enough: nobody guesses 256 random bits. The checksum
 * tells a key that was cut or mistyped from one that is unknown, without a look into the database.
 *
 * @throws HeadgateError UNAUTHORIZED when it is not a whole key
 */
export function hashApiKey(token: string): string {
  const [, random = '', sum] = FORM.exec(token) ?? [];
  if (sum === undefined || sum !== checksum(random)) {
    throw unauthorized(
      'The API key is cut or mistyped: its checksum is wrong. Copy it again, all 76 characters.',
    );
  }
  return hashOf(token);
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
