/** Looks for a secret in whatever form it may have been written down. */

/** A secret as it may have been written down. */
export interface SecretForm {
  /** In words, such as `base64 at offset 1`. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Every form in which a secret may have been written down: a text, or bytes that are none. */
export function formsOf(secret: string | Uint8Array): SecretForm[] {
  const bytes = Buffer.from(secret);
  const texts = typeof secret === 'string' ? textForms(secret) : {};
  const written = Object.entries({ ...texts, ...byteForms(bytes) });
  const forms = [
    { name: 'as it is', bytes },
    ...written.map(([name, text]) => ({ name, bytes: Buffer.from(text) })),
    ...(typeof secret === 'string' ? [{ name: 'UTF-16LE', bytes: Buffer.from(secret, 'utf16le') }] : []),
  ];
  // Many a text looks the same in several.
  return [...new Map(forms.toReversed().map((form) => [form.bytes.toString('latin1'), form])).values()];
}

/** The forms, by name, in which a secret stands somewhere in there. */
export function found(haystack: string | Buffer, secret: string | Uint8Array): string[] {
  const searched = Buffer.from(haystack);
  return formsOf(secret)
    .filter((form) => searched.includes(form.bytes))
    .map(({ name }) => name);
}

function textForms(text: string): Record<string, string> {
  const json = JSON.stringify(text).slice(1, -1);
  const percent = encodeURIComponent(text);
  const units = Array.from({ length: text.length }, (_, index) => hexOf(text.charCodeAt(index), 4));
  const escapes = units.map((unit) => `\\u${unit}`).join('');
  return {
    JSON: json,
    'JSON in JSON': JSON.stringify(json).slice(1, -1),
    'percent-encoded': percent,
    'percent-encoded in lower case': percent.toLowerCase(),
    'Unicode escapes': escapes,
    'Unicode escapes in upper case': units.map((unit) => `\\u${unit.toUpperCase()}`).join(''),
  };
}

function byteForms(bytes: Buffer): Record<string, string> {
  const pairs = [...bytes].map((byte) => hexOf(byte, 2));
  const percent = pairs.map((pair) => `%${pair}`).join('');
  return {
    hex: pairs.join(''),
    'hex in upper case': pairs.join('').toUpperCase(),
    // As Node prints a Buffer, and as JSON has one.
    'hex with spaces': pairs.join(' '),
    'bytes as numbers': bytes.join(','),
    'percent-encoded throughout': percent,
    'percent-encoded throughout in upper case': percent.toUpperCase(),
    ...base64Forms(bytes),
  };
}

/** In base64, six bits to a character, what begins at another offset looks different: only whole characters are its own. */
function base64Forms(bytes: Buffer): Record<string, string> {
  const forms = [0, 1, 2].flatMap((offset) => {
    const all = Buffer.concat([Buffer.alloc(offset), bytes]);
    const [first, end] = [Math.ceil((offset * 8) / 6), Math.floor((all.length * 8) / 6)];
    const own = all.toString('base64').slice(first, end);
    const url = own.replaceAll('+', '-').replaceAll('/', '_');
    return [
      [`base64 at offset ${offset}`, own],
      [`base64url at offset ${offset}`, url],
    ];
  });
  return Object.fromEntries(forms) as Record<string, string>;
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
