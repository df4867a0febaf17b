import type { Token } from './parser.ts';
import { fieldsOf, list, walk } from './tree.ts';

/**
 * The text of a statement that all of its spellings share: comments left out, white space evened out, key words and
 * names without quotes in lower case, and each literal or parameter a `$N`, counted from the left. Numbers that are no
 * values stay: the length of a `varchar(10)`, the column of an `ORDER BY 1`.
 */
export function normalizedSql(sql: string, statement: unknown, tokens: readonly Token[]): string {
  const bytes = Buffer.from(sql);
  const values = valuePositions(statement);
  let text = '';
  let before: Word | undefined;
  let count = 0;
  let isNegated = false;
  for (const token of tokens) {
    const spelled = bytes.toString('utf8', token.start, token.end);
    if (COMMENTS.includes(token.tokenName) || spelled === ';') continue;
    const isValue: boolean = isNegated || values.has(token.start);
    // The sign of a number is part of the value to the parser, and a token of its own to the scanner.
    isNegated = isValue && spelled === '-';
    if (isNegated) continue;
    const isLiteral = isValue || LITERALS.includes(token.tokenName) || spelled.endsWith("'");
    if (isLiteral) count += 1;
    const word: Word = isLiteral
      ? { text: `$${count}`, takesArguments: false }
      : { text: evenSpelling(spelled, token), takesArguments: takesArguments(token) };
    text += isApart(before, word) ? ` ${word.text}` : word.text;
    before = word;
  }
  return text;
}

interface Word {
  readonly text: string;
  /** Whether a bracket behind it belongs to it, as in `count(*)`. */
  readonly takesArguments: boolean;
}

const COMMENTS = ['SQL_COMMENT', 'C_COMMENT'];
/** Literals that are no whole numbers. Those of bits and with escapes have no name, and end with their quote. */
const LITERALS = ['SCONST', 'FCONST', 'PARAM'];

/** Where the values stand that a statement is about: its constants, but for the numbers that are part of its form. */
function valuePositions(statement: unknown): ReadonlySet<unknown> {
  const values = new Set<unknown>();
  const forms = new Set<unknown>();
  for (const { type, fields } of walk(statement)) {
    if (type === 'A_Const') values.add(fields['location']);
    const parts = [
      ...list(fields['typmods']),
      ...list(fields['groupClause']),
      ...list(fields['distinctClause']),
      ...list(fields['sortClause']).map((each) => fieldsOf('SortBy', each)?.['node']),
    ];
    for (const part of parts) {
      const constant = fieldsOf('A_Const', part);
      if (constant?.['ival'] !== undefined) forms.add(constant['location']);
    }
  }
  for (const form of forms) values.delete(form);
  return values;
}

/** PostgreSQL folds the letters of ASCII and no others (manual, section 4.1.1; scansup.c). */
function evenSpelling(spelled: string, { tokenName, keywordName }: Token): string {
  if (tokenName === 'NOT_EQUALS') return '<>';
  const isWord = keywordName !== 'NO_KEYWORD' || (tokenName === 'IDENT' && !spelled.startsWith('"'));
  return isWord ? spelled.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()) : spelled;
}

function takesArguments({ tokenName, keywordName }: Token): boolean {
  return tokenName === 'IDENT' || !['NO_KEYWORD', 'RESERVED_KEYWORD'].includes(keywordName);
}

const NEVER_BEHIND = ['(', '[', '.', '::'];
const NEVER_BEFORE = [')', ']', ',', '.', '::', '['];

function isApart(before: Word | undefined, { text }: Word): boolean {
  if (before === undefined || NEVER_BEHIND.includes(before.text) || NEVER_BEFORE.includes(text)) return false;
  return text !== '(' || !before.takesArguments;
}
