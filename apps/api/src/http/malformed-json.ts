import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { isNestedDeeper } from './json-depth.ts';

/** Deeper than any body of the contract, far above what would exhaust the parser's stack. */
const MAX_DEPTH = 100;

/**
 * What is wrong with a body that is not JSON, and where. The engine's own message quotes the text, which may hold a
 * password, and often says no position.
 */
export function describeMalformedJson(text: string): string {
  if (text.trim() === '') return 'is empty; send a JSON object';
  if (isNestedDeeper(Buffer.from(text), MAX_DEPTH)) return `is nested more than ${MAX_DEPTH} levels deep`;
  const found: ParseError[] = [];
  parse(text, found, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const [first] = found;
  if (first === undefined) return 'is not valid JSON';
  const before = text.slice(0, first.offset).split('\n');
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `is not valid JSON at line ${line}, column ${column} (${words(printParseErrorCode(first.error))})`;
}

/** `CommaExpected` as `comma expected`. */
function words(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}
