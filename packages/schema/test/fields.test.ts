import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { integer, text } from '../src/fields.ts';

const accepts = (schema: { safeParse: (value: unknown) => { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success;
/** Well-formed text without control characters. */
const clean = fc.string({ unit: 'grapheme' }).filter((value) => !/\p{Cc}/u.test(value));

describe('text', () => {
  test('is bounded by its characters as PostgreSQL counts them: code points', () => {
    fc.assert(
      fc.property(clean, fc.integer({ min: 0, max: 12 }), (value, max) => {
        expect(accepts(text({ max }), value)).toBe(Array.from(value).length <= max);
      }),
    );
  });

  test('of astral characters may have as many as any other', () => {
    const bounded = text({ min: 1, max: 5 });
    expect(accepts(bounded, '🐘'.repeat(5))).toBe(true);
    expect(accepts(bounded, '🐘'.repeat(6))).toBe(false);
    expect(accepts(bounded, 'a'.repeat(5))).toBe(true);
    expect(accepts(bounded, 'a'.repeat(6))).toBe(false);
    expect(accepts(bounded, '')).toBe(false);
  });

  test('comes out as it went in', () => {
    fc.assert(
      fc.property(clean, (value) => {
        expect(text({ max: 1000 }).parse(value)).toBe(value);
      }),
    );
  });

  test('holds no control character on one line, and of them only tabs and line breaks on several', () => {
    const controls = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index)];
    for (const code of controls) {
      const value = `a${String.fromCodePoint(code)}b`;
      expect(accepts(text({ max: 9 }), value), `U+${code.toString(16)}`).toBe(false);
      expect(accepts(text({ max: 9, multiline: true }), value), `U+${code.toString(16)}`).toBe(
        [9, 10, 13].includes(code),
      );
    }
  });

  test('holds no unpaired surrogate, wherever it stands', () => {
    fc.assert(
      fc.property(clean, fc.integer({ min: 0xd800, max: 0xdfff }), clean, (before, unit, after) => {
        expect(accepts(text({ max: 1000 }), before + String.fromCharCode(unit) + after)).toBe(false);
      }),
    );
  });

  test('of any length is judged at once', () => {
    const startedAt = performance.now();
    expect(accepts(text({ max: 255 }), '🐘'.repeat(5_000_000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  test('is text and nothing else', () => {
    const notText = fc.anything().filter((value) => typeof value !== 'string');
    fc.assert(fc.property(notText, (value) => !accepts(text({ max: 9 }), value)));
  });
});

describe('integer', () => {
  test('is a whole number within its bounds, both included, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: -5, max: 20 }), fc.double(), fc.anything()), (value) => {
        const isWithin = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 10;
        expect(accepts(integer(1, 10), value)).toBe(isWithin);
      }),
    );
  });

  test.each(['5', '', true, null, [5], 5n, new Date(5), 5.000_1, NaN, Infinity])('%s is none', (value) => {
    expect(accepts(integer(1, 10), value)).toBe(false);
  });

  test('says what it would accept, or that it is missing', () => {
    const messages = (value: unknown) =>
      integer(1, 10)
        .safeParse(value)
        .error?.issues.map(({ message }) => message);
    expect(messages(11)).toEqual(['must be a whole number from 1 to 10']);
    expect(messages('5')).toEqual(['must be a whole number from 1 to 10']);
    expect(messages(undefined)).toEqual(['is required']);
  });
});
