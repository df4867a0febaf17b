/** The forms that several variables share. */
import { ConfigError } from './error.ts';

interface IntegerBounds {
  readonly min: number;
  readonly max: number;
  readonly absent: number;
}

/** A whole number in decimal digits. */
export function readInteger(
  name: string,
  text: string | undefined,
  { min, max, absent }: IntegerBounds,
): number {
  if (text === undefined) return absent;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new ConfigError(name, `give a whole number from ${min} to ${max}`);
  return value;
}

/** One of a few words, in exactly these letters. */
export function readOneOf<T extends string>(name: string, text: string, values: readonly T[]): T {
  const value = values.find((each) => each === text);
  if (value === undefined) throw new ConfigError(name, `give one of ${values.join(', ')}`);
  return value;
}

/** @returns undefined when the text is not JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
