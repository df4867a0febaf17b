import { formsOf } from '@headgate/testing/secret-forms';
import type { Evidence } from '../evidence.ts';

/** What is looked for: a secret in one form. */
export interface Needle {
  /** Which secret it is and in what form, in words that hold nothing of it. */
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether it is a secret, by what stands there from its beginning; it is one always where this is left out. */
  readonly isSecret?: (text: string) => boolean;
}

/** So much of a long one gives it away, also where a line was cut; a key's hint, which is no secret, is shorter. */
const SIGNIFICANT_CHARS = 32;

/** Every token of ours begins so, whatever it says: `{"alg":"ES256",` in base64url. */
const TOKEN_BEGINNING = Buffer.from('{"alg":"ES256",').toString('base64url');

/** A key of whomever, known to us or not, of which more is told than its hint of eight digits. */
const MORE_THAN_A_HINT = /^hg[op]_[0-9a-f]{16}/;

/** Everything that must not be found: what bears the mark, all known secrets, and what looks like a token or a key. */
export function needlesFor({ mark, known }: Pick<Evidence, 'mark' | 'known'>): Needle[] {
  const named: [string, string | Uint8Array][] = [
    ['a marked secret', mark],
    ['a token', TOKEN_BEGINNING],
    ...known().map((secret, index): [string, string | Uint8Array] => [
      `known secret ${index + 1}`,
      secret.slice(0, SIGNIFICANT_CHARS),
    ]),
  ];
  const anyKey = ['hgo_', 'hgp_'].map((prefix) => ({
    name: 'an API key',
    bytes: Buffer.from(prefix),
    isSecret: (text: string) => MORE_THAN_A_HINT.test(text),
  }));
  return [
    ...named.flatMap(([name, secret]) =>
      formsOf(secret).map((form) => ({ name: `${name}, ${form.name}`, bytes: form.bytes })),
    ),
    ...anyKey,
  ];
}
