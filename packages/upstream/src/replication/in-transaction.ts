import type { Connection } from '../connection.ts';

/**
 * Does something in a transaction in which each statement has so many milliseconds. A transaction-mode pooler keeps one
 * connection of the server for it, so that the limit holds and does not outlast it.
 *
 * @throws whatever the work throws; nothing of it is there then
 */
export async function inTransaction<T>(
  connection: Connection,
  statementTimeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  await connection.query('begin');
  try {
    await connection.query("select set_config('statement_timeout', $1, true)", [String(statementTimeoutMs)]);
    const result = await work();
    await connection.query('commit');
    return result;
  } catch (error) {
    // Where the connection itself is gone, so is the transaction.
    await connection.query('rollback').catch(() => undefined);
    throw error;
  }
}
