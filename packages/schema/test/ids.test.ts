import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ID_KINDS, idSuffix, isId, newId, type IdKind } from '../src/ids.ts';

const KINDS = Object.keys(ID_KINDS) as IdKind[];
const kind = fc.constantFrom(...KINDS);

describe('a new id', () => {
  test.each(KINDS)('of kind %s is well-formed, of its kind and of no other', (prefix) => {
    const id = newId(prefix);
    expect(id).toMatch(new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`));
    expect(KINDS.filter((each) => isId(each, id))).toEqual([prefix]);
  });

  test('is unlike every other', () => {
    const ids = Array.from({ length: 10_000 }, () => newId('db'));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('sorts behind those of the milliseconds before it', async () => {
    const first = newId('db');
    const madeAt = Date.now();
    await expect.poll(() => Date.now(), { interval: 1 }).toBeGreaterThan(madeAt);
    expect(newId('db') > first).toBe(true);
  });

  test('has a suffix that may stand in a DNS label', () => {
    fc.assert(
      fc.property(kind, (prefix) => {
        const id = newId(prefix);
        expect(idSuffix(id)).toMatch(/^[0-9a-z]{26}$/);
        expect(`${prefix}_${idSuffix(id)}`).toBe(id);
      }),
    );
  });
});

describe('what is not an id is told apart, and never throws:', () => {
  test('any text', () => {
    fc.assert(
      fc.property(kind, fc.string({ unit: 'binary' }), (prefix, text) => {
        expect(isId(prefix, text)).toBe(false);
        expect(isId(prefix, `${prefix}_${text}`)).toBe(/^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text));
      }),
    );
  });

  test('an id with one character changed to one that is not of its alphabet', () => {
    const foreign = fc.constantFrom('i', 'l', 'o', 'u', 'A', 'Z', '-', '_', ' ', '\u0000', 'é', '.', '%');
    fc.assert(
      fc.property(kind, fc.integer({ min: 0, max: 25 }), foreign, (prefix, at, character) => {
        const suffix = idSuffix(newId(prefix));
        expect(isId(prefix, `${prefix}_${suffix.slice(0, at)}${character}${suffix.slice(at + 1)}`)).toBe(
          false,
        );
      }),
    );
  });

  test.each([
    ['too short', (id: string) => id.slice(0, -1)],
    ['too long', (id: string) => `${id}0`],
    ['in capitals', (id: string) => id.toUpperCase()],
    ['behind a space', (id: string) => ` ${id}`],
    ['before a line break', (id: string) => `${id}\n`],
    ['without its prefix', (id: string) => idSuffix(id as never)],
    ['with another separator', (id: string) => id.replace('_', '-')],
    ['twice', (id: string) => `${id}${id}`],
    ['beyond 128 bits', (id: string) => id.replace(/_./, '_8')],
    ['nothing', () => ''],
    ['the prefix alone', () => 'db_'],
  ])('one %s', (_what, change) => {
    expect(isId('db', change(newId('db')))).toBe(false);
  });
});
