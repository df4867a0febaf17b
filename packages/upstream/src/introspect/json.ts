import { nonsense } from './nonsense.ts';
import { name, text, type Text } from './values.ts';

/** What the members of an object are: `name` is of something in a catalog, and bounded. */
type Shape = Readonly<Record<string, 'name' | 'text' | 'boolean'>>;
type Shaped<S extends Shape> = { [K in keyof S]: S[K] extends 'boolean' ? boolean : string };

/**
 * A list of names that the server has written as JSON; undefined for null.
 *
 * @throws UpstreamError protocol_error for anything else
 */
export function namesOfJson(value: Text): string[] | undefined {
  return listOf(value)?.map(nameOf);
}

/**
 * A list of objects that the server has written as JSON, with these members and no others; undefined for null.
 *
 * @throws UpstreamError protocol_error for anything else
 */
export function objectsOfJson<const S extends Shape>(value: Text, shape: S): Shaped<S>[] | undefined {
  const members = Object.entries(shape);
  return listOf(value)?.map((item) => {
    if (typeof item !== 'object' || item === null || Object.keys(item).length !== members.length)
      throw notJson();
    const object = new Map(Object.entries(item));
    const shaped = members.map(([member, kind]) => [member, memberOf(object.get(member), kind)] as const);
    return Object.fromEntries(shaped) as Shaped<S>;
  });
}

function memberOf(value: unknown, kind: Shape[string]): string | boolean {
  if (kind === 'name') return nameOf(value);
  if (kind === 'boolean' ? typeof value === 'boolean' : typeof value === 'string') return value as string;
  // What functions tell of what was dropped meanwhile.
  if (kind === 'text' && value === null) return text(value);
  throw notJson();
}

function nameOf(value: unknown): string {
  if (typeof value !== 'string') throw notJson();
  return name(value);
}

/** It is no longer than a message may be, and parsing it does not recurse, however deep it is. */
function listOf(value: Text): unknown[] | undefined {
  if (value === null || value === undefined) return undefined;
  let list: unknown;
  try {
    list = JSON.parse(value);
  } catch {
    throw notJson();
  }
  if (!Array.isArray(list)) throw notJson();
  return list as unknown[];
}

function notJson() {
  return nonsense('what it writes as JSON is not what was asked for');
}
