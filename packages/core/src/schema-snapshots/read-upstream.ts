import {
  MAX_CONNECTION_BYTES,
  ServerError,
  UpstreamError,
  defaultExcludedSchemas,
  hintOf,
  type Connection,
} from '@headgate/upstream';
import type { Context } from '../context.ts';
import { providerOf, type DatabaseRow } from '../databases/row.ts';
import { reader } from '../reader.ts';
import { databaseTarget } from '../upstream/database-target.ts';
import { useUpstream } from '../upstream/use-upstream.ts';

/** What reading goes by. */
interface Reading {
  /** When it began, as `performance.now()` counts, in milliseconds. */
  readonly since: number;
  readonly excludedSchemas: readonly string[];
}

/**
 * Connects to a database, has its catalogs read, and hangs up.
 *
 * @throws UpstreamError or ServerError when that does not work; HeadgateError CONFLICT when it is not configured,
 *   RATE_LIMITED or UNAVAILABLE when too many are read
 */
export async function readUpstream<T>(
  ctx: Context,
  database: DatabaseRow,
  read: (connection: Connection, reading: Reading) => Promise<T>,
): Promise<T> {
  const work = async (signal: AbortSignal) => {
    const since = performance.now();
    const target = await databaseTarget(ctx, reader(ctx), database);
    const connection = await ctx.upstream.connect(target, { signal, maxBytes: MAX_CONNECTION_BYTES });
    try {
      return await read(connection, { since, excludedSchemas: excludedSchemasOf(database) });
    } finally {
      await connection.close();
    }
  };
  return await useUpstream(ctx, database, work, 'introspection');
}

/** Those that its owner says, or else those that the provider keeps for itself. */
function excludedSchemasOf(database: DatabaseRow): readonly string[] {
  return database.excluded_schemas ?? defaultExcludedSchemas(providerOf(database));
}

/** Why an upstream could not be read, to a person; undefined for what is no failure of the upstream. */
export function describeFailure(error: unknown): string | undefined {
  if (error instanceof UpstreamError) return `${error.message} ${hintOf(error.code)}`;
  if (error instanceof ServerError) return `The server does not let its catalogs be read: ${error.message}`;
  return undefined;
}
