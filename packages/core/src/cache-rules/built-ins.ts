import {
  OPERATORS,
  OTHER_FUNCTIONS,
  VOLATILE_ATTRIBUTES,
  VOLATILE_FUNCTIONS,
} from './generated/built-in-functions.ts';

/** What PostgreSQL's own catalog says of a name; unknown when it is not one of its own. */
export type Volatility = 'volatile' | 'steady' | 'unknown';

const words = (text: string) => new Set(text.trim().split(/\s+/));

interface Lists {
  readonly volatile: ReadonlySet<string>;
  readonly steady: ReadonlySet<string>;
  readonly attributes: ReadonlySet<string>;
  readonly operators: ReadonlySet<string>;
}

let lists: Lists | undefined;

/** Made of their texts when they are first asked for. */
function load(): Lists {
  lists ??= {
    volatile: words(VOLATILE_FUNCTIONS),
    steady: words(OTHER_FUNCTIONS),
    attributes: words(VOLATILE_ATTRIBUTES),
    operators: words(OPERATORS),
  };
  return lists;
}

/** `random`, `pg_catalog.random` and `mydb.pg_catalog.random` are one; a name in another schema is somebody's own. */
function ownName(parts: readonly string[]): string | undefined {
  const schema = parts.at(-2);
  return schema === undefined || schema === 'pg_catalog' ? parts.at(-1) : undefined;
}

/** Whether a function, aggregate or window function of this name is volatile in any of its forms. */
export function volatilityOfFunction(parts: readonly string[]): Volatility {
  const { volatile, steady } = load();
  const name = ownName(parts) ?? '';
  if (volatile.has(name)) return 'volatile';
  return steady.has(name) ? 'steady' : 'unknown';
}

/**
 * Whether `.name` behind a value or a table can be a call of a volatile function: PostgreSQL takes `x.f` for `f(x)` when
 * x has no column of that name (manual, section 8.16.5). One that needs no argument or two cannot be called so.
 */
export function isVolatileAttribute(name: string): boolean {
  return load().attributes.has(name);
}

/** Whether an operator is PostgreSQL's own: none of those is volatile. */
export function isOwnOperator(parts: readonly string[]): boolean {
  return load().operators.has(ownName(parts) ?? '');
}
