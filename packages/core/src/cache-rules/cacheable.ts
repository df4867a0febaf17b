import { isOwnOperator, isVolatileAttribute, volatilityOfFunction } from './built-ins.ts';
import { fieldsOf, list, nameParts, walk, type Fields, type Visited } from './tree.ts';

/** The database, the schema and the name itself. PostgreSQL cuts each to 63 bytes, and takes no name of more parts. */
const MAX_NAME_PARTS = 3;

/** Statements that write wherever they stand, by the name of their node, as they are written. */
const WRITES: ReadonlyMap<string, string> = new Map([
  ['InsertStmt', 'INSERT'],
  ['UpdateStmt', 'UPDATE'],
  ['DeleteStmt', 'DELETE'],
  ['MergeStmt', 'MERGE'],
]);

/**
 * How deep a statement may be nested. libpg_query leaves what lies below its hundredth level out of a fingerprint
 * (pg_query_fingerprint.c), and two statements that differ only there would be one rule; its levels and ours differ by
 * a few.
 */
const MAX_DEPTH = 90;

export const TOO_DEEP = `is nested too deeply; a rule's statement has at most ${MAX_DEPTH} levels, and each function, subquery, join and operator takes one to four`;

/**
 * Why the answer to a statement cannot be cached, in words that follow the name of the field; undefined when it can.
 * What a view, a policy or a table of another server does is not seen here: only the statement's own text is.
 */
export function reasonAgainst(statement: unknown, firstWord: () => string): string | undefined {
  const select = fieldsOf('SelectStmt', statement);
  if (select === undefined) return notReading(statement, firstWord);
  for (const node of walk(statement)) {
    const reason = node.depth > MAX_DEPTH ? TOO_DEEP : reasonIn(node);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function notReading(statement: unknown, firstWord: () => string): string {
  const write = [...WRITES].find(([type]) => fieldsOf(type, statement) !== undefined)?.[1];
  return `must be a statement that reads (SELECT, VALUES, TABLE or WITH … SELECT), and this is ${write ?? firstWord()}`;
}

function reasonIn({ type, fields }: Visited): string | undefined {
  const write = type === undefined ? undefined : WRITES.get(type);
  if (write !== undefined) return `must only read, and holds ${write} inside of WITH`;
  if (fields['intoClause'] !== undefined) return 'must only read, and SELECT … INTO makes a table';
  if (list(fields['lockingClause']).length > 0)
    return 'must not lock rows, and holds FOR UPDATE or FOR SHARE: a cached answer locks none';
  if (type === 'RangeTableSample')
    return 'must not use TABLESAMPLE, which picks other rows each time: a cached answer would always show the first';
  if (type === 'FuncCall') return reasonOfFunction(nameParts(fields['funcname']));
  const attribute = attributesIn(type, fields).find(isVolatileAttribute);
  if (attribute !== undefined)
    return `must not hold .${attribute}, which is another way to call ${attribute}(), a volatile function; a column of that name can be written without its table`;
  return reasonOfOperator(operatorIn(type, fields));
}

/**
 * What may be a function in attribute notation: each name behind a value, and the last of a column's, since what stands
 * before it may be a table, or a function in FROM whose answer is its argument.
 */
function attributesIn(type: string | undefined, fields: Fields): readonly string[] {
  if (type === 'A_Indirection') return nameParts(fields['indirection']);
  return type === 'ColumnRef' ? nameParts(fields['fields']).slice(1).slice(-1) : [];
}

function spell(parts: readonly string[]): string {
  return parts.slice(-MAX_NAME_PARTS).join('.');
}

function reasonOfFunction(parts: readonly string[]): string | undefined {
  const name = spell(parts);
  switch (volatilityOfFunction(parts)) {
    case 'volatile':
      return `must not call ${name}(), which is volatile: it answers something else each time or has an effect, and a cached answer would hide both`;
    case 'unknown':
      return `must not call ${name}(): it is not one of PostgreSQL's own functions, so it cannot be seen here whether it is volatile, and PostgreSQL takes a function for volatile unless it was declared otherwise (manual, CREATE FUNCTION)`;
    case 'steady':
      return undefined;
  }
}

/** The kinds of expression whose name is that of an operator as it was written. */
const OPERATOR_KINDS: readonly unknown[] = ['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL'];

function operatorIn(type: string | undefined, fields: Fields): readonly string[] {
  if (type === 'A_Expr' && OPERATOR_KINDS.includes(fields['kind'])) return nameParts(fields['name']);
  if (type === 'SubLink') return nameParts(fields['operName']);
  if (type === 'SortBy') return nameParts(fields['useOp']);
  return [];
}

/** An operator is another way to call a function. */
function reasonOfOperator(parts: readonly string[]): string | undefined {
  if (parts.length === 0 || isOwnOperator(parts)) return undefined;
  const name = spell(parts);
  return `must not use the operator ${name}: it is not one of PostgreSQL's own, so it cannot be seen here whether the function behind it is volatile`;
}
