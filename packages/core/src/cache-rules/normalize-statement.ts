import { HeadgateError, invalidInput } from '../errors.ts';
import { createParserThread } from './parser-thread.ts';
import type { Statement } from './statement.ts';

/** The longest statement takes some tenths of a second: whoever waits behind all others waits some seconds. */
const MAX_WAITING = 20;
/** Some ten times what the longest statement takes on a machine that has nothing else to do. */
const BOUND_MS = 5000;
/** Shorter than a request may take, so that it is told why it waits. */
const PATIENCE_MS = 15_000;
/** Rules are made a few at a time, and then none for days. */
const IDLE_MS = 60_000;

/** One for the process: it knows a text while it works on it, and nothing of whose it is. */
const { judge, state } = createParserThread({
  file: new URL('./parser-worker.ts', import.meta.url),
  maxWaiting: MAX_WAITING,
  boundMs: BOUND_MS,
  patienceMs: PATIENCE_MS,
  idleMs: IDLE_MS,
});

/** How many statements wait for the parser, and how many may. */
export const parserState = state;

/**
 * Normalizes a statement whose answers may be cached, in a thread of its own: other requests are served meanwhile.
 *
 * @throws HeadgateError INVALID_INPUT when it is not one statement, or one whose answers cannot be cached, with the
 *   reason, or one that takes too long; UNAVAILABLE when too many wait already
 */
export async function normalizeStatement(sql: string): Promise<Statement> {
  const verdict = await judge(sql);
  if ('statement' in verdict) return verdict.statement;
  const { code, message, details } = invalidInput([{ field: 'sql', message: verdict.refused }]);
  const cause = verdict.cause === undefined ? undefined : new Error(verdict.cause);
  throw new HeadgateError(code, message, { details, cause });
}
