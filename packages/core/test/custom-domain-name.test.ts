import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isApex, readDomainName } from '../src/custom-domains/name.ts';
import { HeadgateError } from '../src/errors.ts';

const settings = { proxyDomain: 'Proxy.Example.com' };
const read = (given: string) => readDomainName(given, settings);

/** The message of a refusal, which must name the field. */
function refusalOf(given: string): string {
  try {
    read(given);
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.details?.[0]?.field).toBe('domain');
    return error.message;
  }
  return expect.fail(`${given} was accepted`);
}

describe('a domain given in ASCII is answered to the letter, and known by its lower case', () => {
  test.each([
    'db.example.com',
    'example.com',
    'DB.Shop.Example.COM',
    'a.b.c.d.e.example.co.uk',
    'mine.github.io',
    '3com.com',
    '1.2.example.com',
    'r3---sn-x.example.com',
    'XN--MNCHEN-3YA.de',
    'db.corp.internal',
    'name.under-a-tld-that-nobody-knows',
    'notproxy.example.com',
    'myproxy.example.com',
    `${'a'.repeat(63)}.example.com`,
    `${`${'a'.repeat(49)}.`.repeat(4)}${'b'.repeat(33)}.com`,
  ])('%s', (domain) => {
    expect(read(domain)).toEqual({ domain, name: domain.toLowerCase() });
  });
});

describe('an internationalized name is stored and answered as A-labels', () => {
  test.each([
    ['münchen.de', 'xn--mnchen-3ya.de'],
    ['MÜNCHEN.de', 'xn--mnchen-3ya.de'],
    ['db.MüNcHeN.DE', 'db.xn--mnchen-3ya.de'],
    ['faß.de', 'xn--fa-hia.de'],
    ['例え.jp', 'xn--r8jz45g.jp'],
    ['例え。jp', 'xn--r8jz45g.jp'],
    ['ｄｂ．ｅｘａｍｐｌｅ．ｏｒｇ', 'db.example.org'],
    ['пример.рф', 'xn--e1afmkfd.xn--p1ai'],
    ['a\u0308b.de', 'xn--b-zfa.de'],
  ])('%s is %s', (given, name) => {
    expect(read(given)).toEqual({ domain: name, name });
  });
});

describe('what cannot be verified, or is not one tenant’s to have, is refused with the remedy', () => {
  const ip = /not an IP address/;
  const label = /A-label/;
  test.each<[what: string, given: string, message: RegExp]>([
    ['an IPv4 address', '192.0.2.1', ip],
    ['a short one', '127.1', ip],
    ['a decimal one', '2130706433', ip],
    ['a hexadecimal one', '0x7f000001', ip],
    ['a hexadecimal part', '0x7F.0.0.1', ip],
    ['an octal one', '0177.0.0.1', ip],
    ['one with a last part in hexadecimal', 'db.example.0x1F', ip],
    ['a number behind a name', 'db.example.123', ip],
    ['an address in full-width digits', '１２７.０.０.１', ip],
    ['an IPv6 address', '2001:db8::1', ip],
    ['a bracketed one', '[2001:db8::1]', ip],
    ['a mapped one', '::ffff:192.0.2.1', ip],
    ['a public suffix', 'co.uk', /public suffix/],
    ['a private one', 'github.io', /public suffix/],
    ['an internationalized one', '公司.cn', /public suffix/],
    ['one by a wildcard rule', 'anything.ck', /public suffix/],
    ['a top-level domain', 'com', /two labels/],
    ['a single label', 'database', /two labels/],
    ['localhost', 'localhost', /public DNS/],
    ['a name under it', 'db.localhost', /public DNS/],
    ['a name under .test', 'db.shop.test', /public DNS/],
    ['a name under .local', 'printer.local', /public DNS/],
    ['a name under .invalid', 'db.invalid', /public DNS/],
    ['a name under .example', 'db.example', /public DNS/],
    ['a name under .onion', 'expyuzz4wqqyqhjn.ONION', /public DNS/],
    ['a name of the infrastructure', '1.2.0.192.in-addr.arpa', /public DNS/],
    ['the proxy domain', 'proxy.example.com', /gives out itself/],
    ['the same in other letters', 'PROXY.example.COM', /gives out itself/],
    ['a name under it', 'prj-1.Proxy.Example.com', /gives out itself/],
    ['a name under it in another script', 'x．proxy．example．com', /gives out itself/],
    ['a wildcard', '*.example.com', /wildcard/],
    ['an underscore', '_headgate.example.com', /underscore/],
    ['a dot at the end', 'db.example.com.', /end with a dot/],
    ['only a dot', '.', /end with a dot/],
    ['an empty label', 'db..example.com', /empty label/],
    ['an empty first label', '.example.com', /empty label/],
    ['a label that vanishes', '\u00ad.example.com', /empty label/],
    ['a label of 64 characters', `${'a'.repeat(64)}.example.com`, /at most 63/],
    ['one that is so as an A-label', `${'é'.repeat(60)}.example.com`, /at most 63/],
    [
      'a name too long for its records',
      `${'a.'.repeat(117)}com`.padStart(238, 'b'),
      /at most 237 .*_acme-challenge/,
    ],
    ['a hyphen in front', '-db.example.com', /hyphen/],
    ['a hyphen at the end of a label', 'db-.example.com', /hyphen/],
    ['an A-label that does not decode', 'xn--zzzzzz99999.com', label],
    ['an A-label without anything', 'xn--.com', label],
    ['an A-label of ASCII', 'xn--abc-.com', label],
    ['an A-label of what is mapped away', 'xn--a-ecp.ru', label],
    ['an A-label with an umlaut in it', 'xn--é.com', label],
    ['a scheme', 'https://db.example.com', /without scheme, port, path/],
    ['a port', 'db.example.com:5432', /without scheme, port, path/],
    ['a path', 'db.example.com/mydb', /without scheme, port, path/],
    ['an escape', '%64b.example.com', /without scheme, port, path/],
    ['a user', 'me@example.com', /without scheme, port, path/],
    ['a space', 'db .example.com', /without scheme, port, path/],
    ['a space in front', ' db.example.com', /without scheme, port, path/],
    ['a slash in full width', 'db／x.example.com', /no domain name may hold/],
    ['a letter that is joined to nothing', '\u200ddb.example.com', /no domain name may hold/],
    ['nothing', '', /./],
  ])('%s', (_what, given, message) => {
    expect(refusalOf(given)).toMatch(message);
  });
});

test('the name at which a zone begins is told from those in it', () => {
  expect(isApex('example.com')).toBe(true);
  expect(isApex('mine.github.io')).toBe(true);
  expect(isApex('db.example.com')).toBe(false);
});

const letters = fc
  .stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?$/)
  .filter((text) => !/^xn--/i.test(text));
const ascii = fc
  .array(letters, { minLength: 1, maxLength: 5 })
  .map((labels) => [...labels, 'example.org'].join('.'));
const foreign = fc
  .array(fc.stringMatching(/^[a-zäöüßçñéа-яα-ρσ-ω一-三]{1,12}$/u), { minLength: 1, maxLength: 4 })
  .map((labels) => [...labels, 'example.org'].join('.'));
/** What is accepted of any text; what is refused is refused in words. */
const readAny = (text: string) => {
  try {
    return read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(HeadgateError);
    return undefined;
  }
};

describe('for any name', () => {
  test('reading what was read changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(ascii, foreign), (given) => {
        const first = read(given);
        expect(read(first.domain)).toEqual(first);
        expect(read(first.name)).toEqual({ domain: first.name, name: first.name });
      }),
    );
  });

  test('two spellings in upper and lower case are one name', () => {
    fc.assert(
      fc.property(ascii, (given) => {
        expect(read(given.toUpperCase()).name).toBe(read(given.toLowerCase()).name);
      }),
    );
    fc.assert(
      // Not every letter has one other case: the sharp s has two letters in capitals, and sigma two small ones.
      fc.property(
        foreign.filter((given) => given.toUpperCase().toLowerCase() === given),
        (given) => {
          expect(read(given.toUpperCase()).name).toBe(read(given).name);
        },
      ),
    );
  });

  test('ASCII comes back to the letter', () => {
    fc.assert(
      fc.property(ascii, (given) => {
        expect(read(given).domain).toBe(given);
      }),
    );
  });
});

test('no text does more than to be refused, and what is accepted is a name that DNS takes', () => {
  const pieces = fc.constantFrom(
    '.',
    '-',
    'xn--',
    '*',
    '_',
    '。',
    '\u00ad',
    'com',
    '127',
    '0x',
    '[',
    '::',
    'a',
    'ß',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 253 }),
    fc
      .array(fc.oneof(pieces, fc.string({ unit: 'grapheme', maxLength: 5 })), { maxLength: 20 })
      .map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      const accepted = readAny(given);
      if (accepted === undefined) return;
      expect(accepted.name).toMatch(/^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/);
      expect(readAny(accepted.domain)).toEqual(accepted);
    }),
    { numRuns: 2_000 },
  );
});
