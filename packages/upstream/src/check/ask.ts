import { ServerError, type Connection, type Row } from '../connection.ts';
import { UpstreamError } from '../error.ts';

/** Longer than any of these questions takes on a server that is well. */
const STATEMENT_TIMEOUT_MS = 3000;
/** Whoever locks a catalog must not be waited for, nor have others wait behind us. */
const LOCK_TIMEOUT_MS = 1000;

const BEGIN = [
  'begin transaction read only',
  `set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
  `set local lock_timeout = ${LOCK_TIMEOUT_MS}`,
  // So that the names in the questions are PostgreSQL's own, whatever stands in the schemas of the customer.
  'set local search_path = pg_catalog',
].join('; ');

/**
 * Asks a server questions that are answered in one row each, in a transaction that writes nothing and leaves nothing
 * behind: settings hold for it alone, which transaction-mode poolers need. A question that the server refuses, because
 * of its age, its kind or the role, costs only its own answer, and is undefined.
 *
 * @throws UpstreamError when the connection does not hold
 */
export async function ask<Name extends string>(
  connection: Connection,
  questions: Readonly<Record<Name, string>>,
): Promise<Partial<Record<Name, Row>>> {
  const answers: Partial<Record<Name, Row>> = {};
  if (!(await begin(connection))) {
    await isDone(connection, 'rollback');
    return answers;
  }
  for (const name of Object.keys(questions) as Name[]) {
    try {
      const [row] = await connection.query(`savepoint question; ${questions[name]}`);
      if (row !== undefined) answers[name] = row;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      if (!(await isDone(connection, 'rollback to savepoint question'))) break;
    }
  }
  await isDone(connection, 'commit');
  return answers;
}

/** PgBouncer hangs up on whoever begins a transaction in statement mode, and gives no code of its own for it. */
async function begin(connection: Connection): Promise<boolean> {
  try {
    return await isDone(connection, BEGIN);
  } catch (error) {
    if (!(error instanceof UpstreamError && error.message.includes('statement pooling mode'))) throw error;
    const message =
      'The pooler in front of the server lets no transactions through: it is in statement mode.';
    throw new UpstreamError({ step: 'server', code: 'pooler_statement_mode', message, cause: error });
  }
}

/** Whether the server does as it is told. */
async function isDone(connection: Connection, statement: string): Promise<boolean> {
  try {
    await connection.query(statement);
    return true;
  } catch (error) {
    if (error instanceof ServerError) return false;
    throw error;
  }
}
