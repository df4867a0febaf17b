import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConnectionUri } from '../src/index.ts';
import { agreesWithLibpq, errorOf } from './uri-support.ts';

const RUNS = 2000;

/** Text that a name or a password may be: any character but controls, which are refused, and half surrogates. */
const part = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 24 })
  .filter((text) => !/\p{Cc}/u.test(text) && !/^\[?your[-_]password\]?$/i.test(text));
const host = fc.oneof(
  fc.domain().map((name) => ({ host: name, written: name })),
  fc.ipV4().map((address) => ({ host: address, written: address })),
  fc.ipV6().map((address) => ({ host: address, written: `[${address}]` })),
);
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const sslMode = fc.constantFrom(
  undefined,
  'disable' as const,
  'allow' as const,
  'prefer' as const,
  'require' as const,
  'verify-ca' as const,
  'verify-full' as const,
);

/** Written with all that may stand as it is left as it is, or with every character encoded. */
function written(text: string, everything: boolean): string {
  const escaped = everything ? /[^]/gu : /[\s%@/:?]/gu;
  return text.replace(escaped, (character) =>
    Array.from(new TextEncoder().encode(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(
      '',
    ),
  );
}

test('what stands in a URI is read as it was before it was encoded, by libpq too', () => {
  const parts = fc.record({
    host,
    port,
    sslMode,
    username: part,
    password: part,
    database: part,
    all: fc.boolean(),
  });
  fc.assert(
    fc.property(parts, (given) => {
      const { username, password, database, all } = given;
      const at = given.port === undefined ? '' : `:${given.port}`;
      const query = given.sslMode === undefined ? '' : `?sslmode=${given.sslMode}`;
      const userinfo = `${written(username, all)}:${written(password, all)}`;
      const uri = `postgres://${userinfo}@${given.host.written}${at}/${written(database, all)}${query}`;
      expect(parseConnectionUri(uri)).toEqual({
        host: given.host.host,
        port: given.port ?? 5432,
        database,
        username,
        password,
        sslMode: given.sslMode,
        ignored: [],
        hints: [],
      });
      expect(agreesWithLibpq(uri)).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

/** What parsers of URIs stumble over, and pieces that make something of it. */
const NASTY = [
  ...[
    '@',
    '/',
    ':',
    '?',
    '&',
    '=',
    '#',
    '+',
    ',',
    '[',
    ']',
    '%',
    '\\',
    '.',
    ' ',
    '\t',
    '\n',
    '\u007f',
    '"',
    '~',
  ],
  ...[
    '%4',
    '%40',
    '%2F',
    '%3A',
    '%2C',
    '%00',
    '%20',
    '%25',
    '%zz',
    '%C3',
    '%C3%A4',
    '%FF',
    '%3D',
    '%26',
    '%3F',
  ],
  ...['ä', '\u{1F600}', '\u00a0', 'u', 'pw', 'h', '5432', '0', '::1', '[::1]', '127.1', 'postgresql://'],
  ...[
    'sslmode=require',
    'ssl=true',
    'ssl=1',
    'options=-c',
    'host=i',
    'user',
    'sslcert=x',
    'keepalives',
    'uzer=1',
  ],
];
const nasty = fc.constantFrom(...NASTY);
const soup = fc.array(nasty, { maxLength: 12 }).map((pieces) => `postgresql://${pieces.join('')}`);
/** A URI that is right, with some things put in or taken out: most of what people really write wrong. */
const altered = fc
  .record({
    uri: fc.constantFrom(
      'postgresql://user:pass@host.example:5432/db?sslmode=require&options=a',
      'postgres://u:p@[::1]/d',
      'postgresql://u%20v:p%40q@10.0.0.1/d%2Fe?connect_timeout=3',
    ),
    changes: fc.array(fc.record({ at: fc.nat(70), drop: fc.nat(2), piece: nasty }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ uri, changes }) =>
    changes.reduce<string>(
      (text, { at, drop, piece }) => text.slice(0, at) + piece + text.slice(at + drop),
      uri,
    ),
  );

test('whatever is written, we accept only what libpq accepts, and read it as libpq does', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(soup, altered), (uri) => {
      if (agreesWithLibpq(uri)) accepted += 1;
    }),
    { numRuns: RUNS },
  );
  // Were nearly everything refused, it would prove little.
  expect(accepted).toBeGreaterThan(RUNS / 40);
});

test('no error shows anything of the password, the user, the host or a value, wherever they end up', () => {
  const secret = fc.constantFrom('Zq9x', 'yW7v');
  const messy = fc
    .array(fc.oneof(secret, nasty), { minLength: 1, maxLength: 8 })
    .map((pieces) => `Zq9x${pieces.join('')}`);
  const uris = fc
    .record({ scheme: fc.constantFrom('postgresql://', 'postgres://', 'jdbc:', ''), messy, value: messy })
    .map(({ scheme, messy: password, value }) => [
      `${scheme}user:${password}@host.example/db?sslmode=${value}`,
      `${scheme}${password}:x@host.example/db`,
      `${scheme}user:pass@${password}@host.example/db`,
    ]);
  let refused = 0;
  fc.assert(
    fc.property(uris, (forms) => {
      for (const error of forms.map(errorOf)) {
        if (error !== undefined) refused += 1;
        expect(inspect(error)).not.toMatch(/Zq9x|yW7v|host\.example/);
      }
    }),
    { numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(RUNS);
});
