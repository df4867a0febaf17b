/** JSON Schema (2020-12) as openapi.yaml writes it, with every reference followed. */

export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly readOnly?: boolean;
  readonly writeOnly?: boolean;
  readonly default?: unknown;
}

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A part of the document with what its references name in their place.
 *
 * @throws Error for a reference that leads nowhere, or round in a circle
 */
export function dereference(document: unknown, part: unknown, seen: readonly string[] = []): unknown {
  if (Array.isArray(part)) return part.map((each) => dereference(document, each, seen));
  if (!isNode(part)) return part;
  const { $ref: reference, ...beside } = part;
  if (typeof reference === 'string') {
    if (seen.includes(reference)) throw new Error(`${reference} refers to itself`);
    const target = dereference(document, follow(document, reference), [...seen, reference]);
    return { ...(target as Node), ...beside };
  }
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, dereference(document, value, seen)]),
  );
}

function follow(document: unknown, reference: string): unknown {
  let at = document;
  for (const key of reference.replace(/^#\//, '').split('/')) {
    at = isNode(at) ? at[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  if (at === undefined) throw new Error(`${reference} leads nowhere`);
  return at;
}

/** The members of `allOf` as one: what an object has to have of each, it has to have. */
function merged(schema: Schema): Schema {
  if (schema.allOf === undefined) return schema;
  const { allOf, ...own } = schema;
  const parts = [...allOf.map(merged), own];
  return {
    ...(Object.assign({}, ...parts) as Schema),
    properties: Object.assign({}, ...parts.map((part) => part.properties ?? {})) as Record<string, Schema>,
    required: parts.flatMap((part) => part.required ?? []),
  };
}

/**
 * The same, and nothing beside it: an object whose properties are listed has no others. JSON Schema lets them pass
 * unless it is told not to, and an answer may show nothing that the contract does not name.
 */
export function closed(schema: Schema): Schema {
  const { properties, items, anyOf, oneOf, additionalProperties, ...rest } = merged(schema);
  return {
    ...rest,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, closed(property)]),
      ),
      additionalProperties: additionalProperties ?? false,
    }),
    ...(properties === undefined && additionalProperties !== undefined && { additionalProperties }),
    ...(items && { items: closed(items) }),
    ...(anyOf && { anyOf: anyOf.map(closed) }),
    ...(oneOf && { oneOf: oneOf.map(closed) }),
  };
}

/** The types that a value of this schema may have; none when it may have all. */
export function typesOf({ type }: Schema): readonly string[] {
  if (type === undefined) return [];
  return typeof type === 'string' ? [type] : type;
}
