/** A parse tree of libpg_query as it comes: nodes are objects with one key, the node's type, over its fields. */

export type Fields = Readonly<Record<string, unknown>>;

/** A node, or one of the few structs that stand in a field without a type around them. */
export interface Visited {
  /** Undefined for a struct without a type around it, such as one side of a UNION. */
  readonly type: string | undefined;
  readonly fields: Fields;
  /** How many nodes and lists it stands in, counted as libpg_query does for a fingerprint. */
  readonly depth: number;
}

/** Every node of a tree in the order of the text. It asks for no stack, however deep the tree is. */
export function* walk(tree: unknown): Generator<Visited> {
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value: tree, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next;
    if (!isObject(value)) continue;
    let inside: readonly unknown[] = [];
    if (Array.isArray(value)) inside = value;
    else {
      const type = typeOf(value);
      const fields = type === undefined ? value : (value[type] as Fields);
      yield { type, fields, depth };
      inside = Object.values(fields);
    }
    for (const each of inside.toReversed()) waiting.push({ value: each, depth: depth + 1 });
  }
}

function typeOf(value: Fields): string | undefined {
  const [key, ...others] = Object.keys(value);
  return key !== undefined && others.length === 0 && /^[A-Z]/.test(key) && isObject(value[key])
    ? key
    : undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** The fields of a node when it is of this type. */
export function fieldsOf(type: string, node: unknown): Fields | undefined {
  const fields = isObject(node) ? node[type] : undefined;
  return isObject(fields) ? fields : undefined;
}

/** A list in a field; empty where there is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** The parts of a name that may be qualified, such as `pg_catalog`, `random`. */
export function nameParts(value: unknown): string[] {
  return list(value).map((part) => {
    const text = fieldsOf('String', part)?.['sval'];
    return typeof text === 'string' ? text : '';
  });
}
