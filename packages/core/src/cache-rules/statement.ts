import { createHash } from 'node:crypto';
import type { QueryType } from '@headgate/schema';
import { TOO_DEEP, reasonAgainst } from './cacheable.ts';
import { normalizedSql } from './normalized-sql.ts';
import { ParserExhausted, SyntaxFailure, withParser, type Parser } from './parser.ts';
import { Refusal } from './refusal.ts';
import { list, walk } from './tree.ts';

/** A statement as its rule knows it. The text that it was made of, with its literals, is kept nowhere. */
export interface Statement {
  /** 16 hexadecimal digits, the same for every spelling. */
  readonly queryHash: string;
  readonly normalizedSql: string;
  readonly queryType: QueryType;
}

/** What is made of a text: a statement, or why no rule is made for it, in words that follow the name of the field. */
export type Verdict =
  | { readonly statement: Statement }
  | { readonly refused: string; /** For the log. */ readonly cause?: string };

/**
 * Normalizes a statement whose answers may be cached; one is refused whose answers cannot be, and what is not one
 * statement. Of the text only names of functions and operators stand in a refusal: a literal may be somebody's name.
 * It takes up to some hundreds of milliseconds, so nobody but parser-worker.ts asks for it where requests are served.
 */
export async function judgeStatement(sql: string): Promise<Verdict> {
  try {
    return { statement: await withParser((parser) => normalize(parser, sql)) };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message };
    if (error instanceof SyntaxFailure) return { refused: describeSyntaxError(error, sql) };
    if (error instanceof ParserExhausted) return { refused: TOO_DEEP, cause: error.message };
    throw error;
  }
}

function normalize(parser: Parser, sql: string): Statement {
  const statements = list((parser.parse(sql) as { readonly stmts?: unknown }).stmts);
  if (statements.length === 0)
    throw new Refusal('must hold a statement; there is nothing in it, or only a comment');
  if (statements.length > 1)
    throw new Refusal(`must hold one statement, and holds ${statements.length}; make a rule for each`);
  const { stmt: statement } = statements[0] as { readonly stmt: unknown };
  const reason = reasonAgainst(statement, () => firstWord(sql, parser));
  if (reason !== undefined) throw new Refusal(reason);
  return {
    queryHash: queryHash(parser.fingerprint(sql), statement),
    normalizedSql: normalizedSql(sql, statement, parser.scan(sql)),
    queryType: 'read',
  };
}

/** The key word that a statement begins with. */
function firstWord(sql: string, parser: Parser): string {
  const token = parser.scan(sql).find(({ keywordName }) => keywordName !== 'NO_KEYWORD');
  return Buffer.from(sql).toString('utf8', token?.start, token?.end).toUpperCase();
}

const FINGERPRINT = /^[0-9a-f]{16}$/;
const HASH_CHARS = 16;

/**
 * libpg_query's fingerprint, which every spelling of a statement shares. Literals do not count in it, nor how many stand
 * beside each other, nor the names given to columns of the answer. It also leaves out of account the schema of a table
 * and runs of digits in its name (pg_query_fingerprint.c, on RangeVar): `a.orders` and `b.orders`, or `orders_2025` and
 * `orders_2026`, would be one statement. Where such a table is named, the names are hashed together with the
 * fingerprint: two tables are never one rule.
 */
function queryHash(fingerprint: string, statement: unknown): string {
  if (!FINGERPRINT.test(fingerprint))
    throw new Error('the fingerprint of a statement is not 16 hexadecimal digits');
  const tables = tablesOf(statement);
  const isExact = tables.every(([, schema, name]) => schema === '' && !/[0-9]{2}/.test(name));
  if (isExact) return fingerprint;
  return createHash('sha256')
    .update(JSON.stringify([fingerprint, tables]))
    .digest('hex')
    .slice(0, HASH_CHARS);
}

/** The database, schema and name of every table that is named, in the order of the text; "" for what is not said. */
function tablesOf(statement: unknown): [string, string, string][] {
  const said = (part: unknown) => (typeof part === 'string' ? part : '');
  return [...walk(statement)].flatMap(({ type, fields }) =>
    type === 'RangeVar'
      ? [[said(fields['catalogname']), said(fields['schemaname']), said(fields['relname'])]]
      : [],
  );
}

/** What Bison says of brackets and lists that wait for their end, ten thousand of them. */
const STACK_FULL = 'memory exhausted';

/**
 * What the parser says and where, without the text that it quotes: behind a quote that is not closed that is the whole
 * rest, and whatever stands between quotes may be somebody's name.
 */
function describeSyntaxError({ message, position }: SyntaxFailure, sql: string): string {
  if (message.startsWith(STACK_FULL)) return TOO_DEEP;
  const [what = ''] = message.split(/ at or near |["':(]/);
  if (position === undefined) return `is not valid SQL: ${what.trim()}`;
  const before = Array.from(sql).slice(0, position).join('').split('\n');
  const column = Array.from(before.at(-1) ?? '').length + 1;
  return `is not valid SQL: ${what.trim()} at line ${before.length}, column ${column}`;
}
