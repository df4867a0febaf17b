import { describe, expect, test, vi } from 'vitest';
import { parseConnectionUri, type UriPart } from '../src/index.ts';
import { libpqKeywords, LIBPQ_VERSION, readWithLibpq } from './libpq.ts';
import { agreesWithLibpq, errorOf } from './uri-support.ts';
import { ACCEPTED, REFUSED_BY_BOTH, REFUSED_BY_POLICY } from './uri-table.ts';

const POSTGRESQL_18 = 180_000;

test('the library that readings are held against is the libpq of PostgreSQL 18 or later', () => {
  expect(LIBPQ_VERSION).toBeGreaterThanOrEqual(POSTGRESQL_18);
});

describe('a URI that is accepted', () => {
  test.each(ACCEPTED)('is read as libpq reads it: $uri', ({ uri, reads }) => {
    expect(parseConnectionUri(uri)).toMatchObject(reads);
    agreesWithLibpq(uri);
  });

  test('says which parameters have no effect, in their order', () => {
    const query =
      'target_session_attrs=any&application_name=a&sslmode=prefer&channel_binding=require&gssencmode=disable' +
      '&sslnegotiation=direct&require_auth=scram-sha-256&keepalives_idle=1&connect_timeout=3&options=-cx%3Dy';
    expect(parseConnectionUri(`postgresql://u:p@h/d?${query}`)).toMatchObject({
      sslMode: 'prefer',
      ignored: [
        'target_session_attrs',
        'application_name',
        'channel_binding',
        'gssencmode',
        'sslnegotiation',
        'require_auth',
        'keepalives_idle',
        'connect_timeout',
        'options',
      ],
    });
  });

  test('says that ssl=true verifies nothing', () => {
    expect(parseConnectionUri('postgresql://u:p@h/d?ssl=true').hints).toEqual([
      { code: 'ssl_alias', message: expect.stringContaining('verify-full') },
    ]);
  });

  test('takes nothing from the environment', () => {
    for (const name of ['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE', 'PGSSLMODE', 'PGSERVICE'])
      vi.stubEnv(name, '1');
    try {
      expect(parseConnectionUri('postgresql://u:p@h/d')).toMatchObject({ port: 5432, sslMode: undefined });
      expect(errorOf('postgresql://u:p@/d')?.part).toBe('host');
      expect(errorOf('postgresql://u@h/d')?.part).toBe('password');
      expect(errorOf('postgresql://u:p@h/')?.part).toBe('database');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('a URI that is refused', () => {
  test.each(REFUSED_BY_BOTH)('is refused by libpq too: $uri', ({ uri, part, says }) => {
    expect(readWithLibpq(uri)).toBeUndefined();
    refuses(uri, part, says);
  });

  test.each(REFUSED_BY_POLICY)('or has its reason ($policy): $uri', ({ uri, part, says }) => {
    expect(readWithLibpq(uri)).toBeDefined();
    refuses(uri, part, says);
  });

  test('names an unknown parameter only where that cannot be a piece of the password', () => {
    expect(errorOf('postgresql://u:p@h/d?uzer=x&sslmode=require')?.message).toContain('"uzer"');
    // The password was p@ss?zebra=x.
    expect(errorOf('postgresql://u:p@ss?zebra=x@h/d')?.message).not.toContain('zebra');
    expect(errorOf('postgresql://u:p@h/d?my-key=x')?.message).not.toContain('my-key');
    expect(errorOf(`postgresql://u:p@h/d?${'k'.repeat(64)}=x`)?.message).not.toContain('kk');
  });

  test('is refused at once, however long it is and whatever it repeats', () => {
    const heads = [
      '',
      'postgresql://',
      'postgresql://u:p@',
      'postgresql://u:p@h/d?',
      'postgresql://u:p@h/d?a=',
    ];
    const repeated = [
      ':',
      '@',
      '/',
      '?',
      '&',
      '=',
      '%',
      '%2',
      '%41',
      '[',
      ']',
      ',',
      'a',
      ' ',
      '&a=',
      '\u{1F600}',
      '=',
    ];
    const inputs = heads.flatMap((head) =>
      repeated.flatMap((piece) => [
        (head + piece.repeat(4096)).slice(0, 4095),
        head + piece.repeat(1_000_000),
      ]),
    );
    for (const input of inputs) {
      // The fastest of several, so that a machine that is busy elsewhere does not count.
      expect(Math.min(...[1, 2, 3, 4, 5].map(() => millisecondsFor(input)))).toBeLessThan(25);
    }
  });
});

test('every keyword of libpq is read, ignored, or refused with what to do instead', () => {
  const keywords = libpqKeywords();
  expect(keywords.length).toBeGreaterThan(40);
  for (const keyword of keywords.filter((known) => known !== 'sslmode')) {
    const uri = `postgresql://u:p@h/d?${keyword}=1`;
    const message = errorOf(uri)?.message;
    if (message === undefined) expect(parseConnectionUri(uri).ignored).toEqual([keyword]);
    else expect(message).toContain(`holds "${keyword}", which is not accepted in its query: `);
  }
});

function refuses(uri: string, part: UriPart, says: string): void {
  const error = errorOf(uri);
  expect(error).toMatchObject({ part, message: expect.stringContaining(says) as string });
  // It reads after the name of the field, and is one sentence without its full stop.
  expect(error?.message).toMatch(/^(?:must|holds|still has) .*[^.]$/);
}

function millisecondsFor(input: string): number {
  const started = performance.now();
  errorOf(input);
  return performance.now() - started;
}
