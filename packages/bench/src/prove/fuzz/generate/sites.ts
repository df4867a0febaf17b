/** Where in a value something can be broken. */
import type { Schema } from '../contract/schema.ts';
import type { Path } from './making.ts';

export interface Site {
  readonly path: Path;
  readonly schema: Schema;
  readonly value: unknown;
  /** Whether the object around it has to have it. */
  readonly isRequired: boolean;
  /** Where several forms are allowed and this is not of the first of them: where that form stands. */
  readonly union?: Path;
}

/** Every place of a value that its schema says something of, the whole first. */
export function sitesOf(schema: Schema, value: unknown): Site[] {
  return walk({ path: [], schema, value, isRequired: true });
}

function walk(site: Site): Site[] {
  const { path, schema, value } = site;
  const forms = schema.properties === undefined ? (schema.anyOf ?? schema.oneOf) : undefined;
  if (forms !== undefined) {
    const [first = {}] = forms;
    // The narrower forms come behind the wider ones.
    const form = forms.findLast((each) => isOf(each, value)) ?? first;
    return walk({ ...site, ...(form !== first && { union: path }), schema: form });
  }
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) => ({
      ...{ ...site, path: [...path, index], schema: schema.items ?? {}, value: item, isRequired: true },
    }));
    return [site, ...items.flatMap(walk)];
  }
  if (!isObject(value)) return [site];
  const fields = Object.entries(value).map(([name, inner]) => ({
    ...{ ...site, path: [...path, name], schema: schema.properties?.[name] ?? {}, value: inner },
    isRequired: schema.required?.includes(name) === true,
  }));
  return [site, ...fields.flatMap(walk)];
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value can be of one of several forms: by the names of its fields, and by the words that they may have. */
function isOf({ properties }: Schema, value: unknown): boolean {
  if (!isObject(value)) return properties === undefined;
  return Object.entries(value).every(
    ([name, inner]) =>
      properties !== undefined &&
      Object.hasOwn(properties, name) &&
      properties[name]?.enum?.includes(inner) !== false,
  );
}

/** A value with another one in some place, or with nothing there when that is undefined. */
export function replaced(root: unknown, path: Path, value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(root)) {
    return root.map((item: unknown, index) => (index === first ? replaced(item, rest, value) : item));
  }
  const object = isObject(root) ? root : {};
  const inner = replaced(Object.hasOwn(object, first) ? object[first] : undefined, rest, value);
  // Defined, not assigned: a field may be called __proto__.
  const entries = Object.entries(object).filter(([name]) => name !== first);
  return Object.fromEntries(inner === undefined ? entries : [...entries, [String(first), inner]]);
}

/** What stands in some place; undefined when nothing. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, part) => {
    const isThere = typeof at === 'object' && at !== null && Object.hasOwn(at, part);
    return isThere ? (at as Readonly<Record<string | number, unknown>>)[part] : undefined;
  }, root);
}

/** A place as refusals name it, such as `pool_config.pool_size` or `tags[0]`, without what a terminal would obey. */
export function fieldAt(path: Path): string {
  if (path.length === 0) return 'body';
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = part === '' ? '""' : part.toWellFormed().replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}
