/** Values that a schema allows and that mean something. */
import type { Chance } from '../../chance.ts';
import { typesOf, type Schema } from '../contract/schema.ts';
import { adjust, chooseFields } from './between-fields.ts';
import { knownValue } from './known-fields.ts';
import type { Making, Path } from './making.ts';
import { ODD_TEXTS, textOf } from './texts.ts';

const MAX_TEXT = 60;
const MAX_ITEMS = 4;

/** A value of a field, by what is known of the field and else by its schema alone. */
export function makeValue(making: Making, schema: Schema, path: Path): unknown {
  const known = schema.enum === undefined ? knownValue(making, path) : undefined;
  if (known !== undefined) return known.value;
  if (schema.readOnly === true) return making.chance.pick(['as it was read', 1, null, true, {}]);
  const choices = schema.properties === undefined ? (schema.anyOf ?? schema.oneOf) : undefined;
  if (choices !== undefined) return makeValue(making, making.chance.pick(choices), path);
  if (schema.enum !== undefined) return making.chance.pick(schema.enum);
  const type = making.chance.pick(typesOf(schema).length === 0 ? ['null'] : typesOf(schema));
  return makeTyped(making, { schema, type, path });
}

interface Typed {
  readonly schema: Schema;
  readonly type: string;
  readonly path: Path;
}

function makeTyped(making: Making, { schema, type, path }: Typed): unknown {
  const { chance } = making;
  switch (type) {
    case 'object':
      return makeObject(making, schema, path);
    case 'array':
      return makeList(making, schema, path);
    case 'string':
      return makeText(chance, schema);
    case 'integer':
    case 'number': {
      const { minimum = 0, maximum = 1000 } = schema;
      if (chance.isLucky(0.2)) return chance.pick([minimum, maximum]);
      return minimum + chance.below(maximum - minimum + 1);
    }
    case 'boolean':
      return chance.isLucky(0.5);
    default:
      return null;
  }
}

function makeObject(making: Making, schema: Schema, path: Path): Readonly<Record<string, unknown>> {
  const fields = chooseFields(making, schema).map((name) => [
    name,
    makeValue(making, schema.properties?.[name] ?? {}, [...path, name]),
  ]);
  return adjust(making, Object.fromEntries(fields) as Record<string, unknown>);
}

function makeList(
  making: Making,
  { items = {}, minItems = 0, maxItems = MAX_ITEMS, uniqueItems }: Schema,
  path: Path,
) {
  const most = Math.min(maxItems, Math.max(minItems, MAX_ITEMS));
  const length = minItems + making.chance.below(most - minItems + 1);
  const list = Array.from({ length }, (_, index) => makeValue(making, items, [...path, index]));
  if (uniqueItems !== true) return list;
  return [...new Map(list.map((item) => [JSON.stringify(item), item])).values()];
}

/** Text within its bounds. Whether it has the form of a pattern is tried, the oddest first. */
function makeText(chance: Chance, schema: Schema): string {
  const { minLength = 0, maxLength = MAX_TEXT, pattern } = schema;
  const form = pattern === undefined ? undefined : new RegExp(pattern, 'u');
  const fits = (text: string) => {
    const { length } = Array.from(text);
    return length >= minLength && length <= maxLength && form?.test(text) !== false;
  };
  const length = minLength + chance.below(Math.min(maxLength, MAX_TEXT) - minLength + 1);
  const tries = [chance.pick(ODD_TEXTS), textOf(chance, length), textOf(chance, length, { isPlain: true })];
  const found = (chance.isLucky(0.3) ? tries : tries.slice(1)).find(fits);
  if (found !== undefined) return found;
  const { example } = schema as { example?: unknown };
  if (typeof example === 'string') return example;
  throw new Error(`no text is known of the form ${pattern}`);
}
