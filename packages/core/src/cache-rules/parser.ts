/**
 * PostgreSQL's own parser (libpg_query, as WebAssembly). The package's own entry point keeps one instance of it for
 * ever and tells an error from an answer by the first words of a text, so that a string that is not closed comes back
 * as a hash; what stands here calls the functions beneath it.
 */
import { createRequire } from 'node:module';
import { Refusal } from './refusal.ts';

/** What Emscripten makes of the C library, as far as it is used. */
interface Library {
  readonly _malloc: (sizeBytes: number) => number;
  readonly _free: (pointer: number) => void;
  readonly lengthBytesUTF8: (text: string) => number;
  readonly stringToUTF8: (text: string, pointer: number, sizeBytes: number) => void;
  readonly UTF8ToString: (pointer: number) => string;
  readonly getValue: (pointer: number, type: 'i32') => number;
  readonly _wasm_parse_query_raw: (sql: number) => number;
  readonly _wasm_free_parse_result: (result: number) => void;
  readonly _wasm_scan: (sql: number) => number;
  readonly _wasm_fingerprint: (sql: number) => number;
  readonly _wasm_free_string: (text: number) => void;
}

/** A word of SQL: where it stands, in bytes of UTF-8, and what it is. */
export interface Token {
  readonly start: number;
  readonly end: number;
  /** As in PostgreSQL's grammar, `UNKNOWN` where the package knows no name. */
  readonly tokenName: string;
  readonly keywordName: string;
}

/** What can be asked about one text. Only a text that was parsed may be given to the other two. */
export interface Parser {
  /** @throws SyntaxFailure when it is not SQL */
  parse(sql: string): unknown;
  scan(sql: string): readonly Token[];
  fingerprint(sql: string): string;
}

/** The parser's word on a text that is not SQL. */
export class SyntaxFailure extends Error {
  /** Where, in characters from the beginning; undefined when the parser does not say. */
  readonly position: number | undefined;

  constructor(message: string, position: number | undefined) {
    super(message);
    this.name = 'SyntaxFailure';
    this.position = position;
  }
}

/** The parser's stack or memory did not suffice for a text. */
export class ParserExhausted extends Error {
  constructor(cause: unknown) {
    super('the SQL parser ran out of stack or memory', { cause });
    this.name = 'ParserExhausted';
  }
}

let loaded: Promise<Parser> | undefined;

/**
 * Works with the parser, which is loaded when it is first needed: an instance that never needs it is spared its
 * memory. One that failed in the middle of something left its stack as it was; it is thrown away, and the next caller
 * gets a new one.
 *
 * @throws ParserExhausted when the text was too much for it
 */
export async function withParser<T>(work: (parser: Parser) => T): Promise<T> {
  loaded ??= load();
  const mine = loaded;
  try {
    return work(await mine);
  } catch (error) {
    if (error instanceof SyntaxFailure || error instanceof Refusal) throw error;
    if (loaded === mine) loaded = undefined;
    throw isExhaustion(error) ? new ParserExhausted(error) : error;
  }
}

/** What WebAssembly throws when the stack or the memory is used up. */
function isExhaustion(error: unknown): boolean {
  return error instanceof Error && ['RangeError', 'RuntimeError'].includes(error.name);
}

async function load(): Promise<Parser> {
  const require = createRequire(import.meta.url);
  const start = require('libpg-query/wasm/libpg-query.js') as () => Promise<Library>;
  return parserOf(await start());
}

/** The struct that a parse answers: pointers to the tree as JSON, to what was said on the way, and to an error. */
const TREE_OFFSET = 0;
const ERROR_OFFSET = 8;
/** The struct of an error: a pointer to its message first, and where in the text. */
const MESSAGE_OFFSET = 0;
const POSITION_OFFSET = 16;

function parserOf(library: Library): Parser {
  const { _malloc: allocate, _free: free, _wasm_scan: scan, _wasm_fingerprint: fingerprint } = library;
  const { _wasm_parse_query_raw: parse, _wasm_free_parse_result: freeResult } = library;
  const { _wasm_free_string: freeText } = library;

  /** Lends a function a text. What it breaks off is not given back: its memory goes with the instance. */
  function lend<T>(text: string, use: (pointer: number) => T): T {
    const sizeBytes = library.lengthBytesUTF8(text) + 1;
    const pointer = allocate(sizeBytes);
    library.stringToUTF8(text, pointer, sizeBytes);
    const answer = use(pointer);
    free(pointer);
    return answer;
  }

  function textAt(pointer: number): string {
    return library.UTF8ToString(library.getValue(pointer, 'i32'));
  }

  function ask(sql: string, question: (sql: number) => number): string {
    const pointer = lend(sql, question);
    const answer = library.UTF8ToString(pointer);
    freeText(pointer);
    return answer;
  }

  return {
    parse: (sql) => {
      const result = lend(sql, parse);
      const error = library.getValue(result + ERROR_OFFSET, 'i32');
      if (error !== 0) {
        const message = textAt(error + MESSAGE_OFFSET);
        const position = library.getValue(error + POSITION_OFFSET, 'i32');
        freeResult(result);
        throw new SyntaxFailure(message, position > 0 ? position - 1 : undefined);
      }
      const tree = textAt(result + TREE_OFFSET);
      freeResult(result);
      return JSON.parse(tree) as unknown;
    },
    scan: (sql) => (JSON.parse(ask(sql, scan)) as { tokens: Token[] }).tokens,
    fingerprint: (sql) => ask(sql, fingerprint),
  };
}
