import postgres from 'postgres';

const { PostgresError } = postgres;

/** Why a statement failed, as far as a caller can act on it. */
export type FailureKind = 'unavailable' | 'conflict' | 'bug';

/** SQLSTATEs and classes (PostgreSQL manual, appendix A) that pass when the request is repeated a little later. */
const PASSING = /^(08|53|57P0|57014|55P03|40001|40P01|25006|25P03)/;
const UNIQUE_VIOLATION = '23505';
/** Codes of postgres.js itself for a connection that was not made, was lost or was ended. */
const CONNECTION =
  /^(CONNECT|CONNECTION_|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;

/** The database, or the queue before it, did not let a statement through in time. */
export class StoreTimeoutError extends Error {
  override readonly name = 'StoreTimeoutError';
}

/** A statement came after its transaction had ended, as it does when the connection is lost. */
export class TransactionOverError extends Error {
  override readonly name = 'TransactionOverError';

  constructor() {
    super('the transaction is over');
  }
}

/** Whether a statement failed because another row has what must be unique in this index. */
export function isTaken(error: unknown, index: string): boolean {
  return error instanceof PostgresError && error.code === UNIQUE_VIOLATION && error.constraint_name === index;
}

/** Tells a database that cannot serve just now from a conflict of data, and both from a bug. */
export function classifyFailure(error: unknown): FailureKind {
  if (error instanceof PostgresError) {
    if (error.code === UNIQUE_VIOLATION) return 'conflict';
    return PASSING.test(error.code) ? 'unavailable' : 'bug';
  }
  if (error instanceof StoreTimeoutError || error instanceof TransactionOverError) return 'unavailable';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return CONNECTION.test(code) ? 'unavailable' : 'bug';
}
