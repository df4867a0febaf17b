import type { Chance } from '../../chance.ts';

/** Text that programs stumble over, and that is no worse than other text. */
export const ODD_TEXTS = [
  '😀',
  '👩‍👩‍👧‍👦',
  'e\u0301',
  '\u00e9',
  '\u202eright to left',
  'שלום',
  '\u2028\u2029',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '\u{10ffff}',
  '\ue000',
  'İıſß',
  '\u200b\u200d',
  '\u00a0',
  '\u3000',
  `'; drop table projects; --`,
  '"${x}" {{x}} %s %n',
  '%00%0a',
  '\\u0000 \\x00 \\',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '[{"'.repeat(50),
  'null',
  'undefined',
  '__proto__',
  '0x10',
  '𝕏'.repeat(20),
  'Z\u0351\u0352\u0353'.repeat(8),
] as const;

/** NUL, the rest of C0, DEL and C1. */
export const CONTROLS = [
  '\0',
  '\u0001',
  '\t',
  '\n',
  '\r',
  '\u001b',
  '\u001f',
  '\u007f',
  '\u0080',
  '\u009f',
] as const;

/** Halves of surrogate pairs that have lost the other half. */
export const LONE_SURROGATES = ['\ud800', '\udfff', 'a\ud83d', '\ude00b', '\ude00\ud83d'] as const;

const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz');
const WIDE = Array.from('äéßжДا中文😀𝕏');

/** What is longer repeats itself: chance takes its time. */
const MAX_CHOSEN = 200;

/** So many characters (code points), of letters or of what goes up to beyond the first plane. */
export function textOf(chance: Chance, length: number, { isPlain = false } = {}): string {
  const alphabet = !isPlain && chance.isLucky(0.3) ? WIDE : LETTERS;
  const chosen = Array.from({ length: Math.min(length, MAX_CHOSEN) }, () => chance.pick(alphabet));
  const whole = chosen.join('').repeat(Math.floor(length / Math.max(1, chosen.length)));
  return whole + chosen.slice(0, length % Math.max(1, chosen.length)).join('');
}

/** A name that nothing else has. Enough of it is chance that two of one run are not the same. */
export function freshName(chance: Chance, prefix: string): string {
  return `${prefix}${chance.below(2 ** 31).toString(36)}${chance.below(2 ** 31).toString(36)}`;
}
