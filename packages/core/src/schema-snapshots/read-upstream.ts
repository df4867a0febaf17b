import {
  MAX_CONNECTION_BYTES,
  ServerError,
  UpstreamError,
  createStepLog,
  defaultExcludedSchemas,
  hintOf,
  type Connection,
} from '@headgate/upstream';
import type { CheckStep } from '@headgate/schema';
import type { Context } from '../context.ts';
import { providerOf, type DatabaseRow } from '../databases/row.ts';
import { reader } from '../reader.ts';
import { stepView } from '../upstream/connection-check-view.ts';
import { databaseTarget } from '../upstream/database-target.ts';
import { useUpstream } from '../upstream/use-upstream.ts';

/** What reading goes by. */
interface Reading {
  /** When it began, as `performance.now()` counts, in milliseconds. */
  readonly since: number;
  readonly excludedSchemas: readonly string[];
}

/** Why a server's catalogs could not be read: to a person, and step by step. */
export class ReadFailure extends Error {
  override readonly name = 'ReadFailure';
  readonly code: UpstreamError['code'];
  readonly checks: readonly CheckStep[];

  constructor(error: UpstreamError, checks: readonly CheckStep[]) {
    super(`${error.message} ${hintOf(error.code)}`, { cause: error });
    this.code = error.code;
    this.checks = checks;
  }
}

/**
 * Connects to a database, has its catalogs read, and hangs up.
 *
 * @throws ReadFailure when that does not work; HeadgateError CONFLICT when it is not configured, RATE_LIMITED or
 *   UNAVAILABLE when too many are read
 */
export async function readUpstream<T>(
  ctx: Context,
  database: DatabaseRow,
  read: (connection: Connection, reading: Reading) => Promise<T>,
): Promise<T> {
  const work = async (signal: AbortSignal) => {
    const since = performance.now();
    const target = await databaseTarget(ctx, reader(ctx), database);
    const log = createStepLog({ hasReplicaStep: false });
    const options = { signal, maxBytes: MAX_CONNECTION_BYTES, onStep: log.report };
    try {
      const connection = await ctx.upstream.connect(target, options);
      try {
        return await read(connection, { since, excludedSchemas: excludedSchemasOf(database) });
      } finally {
        await connection.close();
      }
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      if (log.failure() === undefined) log.report({ step: failure.step, durationMs: 0, error: failure });
      throw new ReadFailure(failure, log.steps().map(stepView));
    }
  };
  return await useUpstream(ctx, database, work, 'introspection');
}

/** Those that its owner says, or else those that the provider keeps for itself. */
export function excludedSchemasOf(database: DatabaseRow): readonly string[] {
  return database.excluded_schemas ?? defaultExcludedSchemas(providerOf(database));
}

/** What went wrong with an upstream; undefined for what is no failure of it. */
function failureOf(error: unknown): UpstreamError | undefined {
  if (error instanceof UpstreamError) return error;
  if (!(error instanceof ServerError)) return undefined;
  const message = `The server does not let its catalogs be read: ${error.message}`;
  return new UpstreamError({ step: 'server', code: 'catalogs_refused', message, cause: error });
}
