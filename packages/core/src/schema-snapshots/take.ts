import type { IntrospectDatabase } from '@headgate/schema';
import { takeSnapshot, type Snapshot } from '@headgate/upstream';
import type { AuditEntry } from '../audit.ts';
import type { Context } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { invalidInput, shorten } from '../errors.ts';
import { reader } from '../reader.ts';
import { RecordedError } from '../recorded-error.ts';
import { ReadFailure, excludedSchemasOf, readUpstream } from './read-upstream.ts';

export const ACTION = 'database.introspect';

export type Introspect = DatabasePath & IntrospectDatabase;

/** What was taken, and of what. */
export interface Taken extends Snapshot {
  /** Those that were asked for, each once; undefined for all but those that are excluded. */
  readonly schemas?: readonly string[] | undefined;
  readonly excludedSchemas: readonly string[];
}

/**
 * Takes a snapshot of a database, which nothing keeps yet.
 *
 * @throws RecordedError UPSTREAM_CHECK_FAILED with the steps on the way when the upstream cannot be read, INVALID_INPUT
 *   when it has none of the schemas that are asked for
 */
export async function take(ctx: Context, { schemas: asked, ...path }: Introspect): Promise<Taken> {
  const database = await lookupDatabase(ctx, reader(ctx), { ...path, action: ACTION, to: 'read' });
  const schemas = asked && [...new Set(asked)];
  const snapshot = await readUpstream(
    ctx,
    database,
    async (connection, reading) => await takeSnapshot(connection, { ...reading, schemas }),
  ).catch((error: unknown) => {
    if (!(error instanceof ReadFailure)) throw error;
    const { message, checks, code } = error;
    const entry = entryOf(database, { ok: false, code });
    throw new RecordedError('UPSTREAM_CHECK_FAILED', message, { checks, entry, cause: error });
  });
  if (schemas !== undefined && snapshot.counts.schemas === 0) {
    const { code, message, details } = noneOf(schemas);
    throw new RecordedError(code, message, { details, entry: entryOf(database, { ok: true, schemas }) });
  }
  return { ...snapshot, schemas, excludedSchemas: schemas ? [] : excludedSchemasOf(database) };
}

const MAX_NAMED = 3;

function noneOf(schemas: readonly string[]) {
  const named = schemas.slice(0, MAX_NAMED).map((name) => `"${shorten(name, 63)}"`);
  const others = schemas.length > MAX_NAMED ? ` or any of ${schemas.length - MAX_NAMED} more` : '';
  const message = `must name schemas that exist, and are not of PostgreSQL itself: there is no schema ${named.join(', ')}${others}`;
  return invalidInput([{ field: 'schemas', message }]);
}

/** What the audit log tells of a server that was dialled, where no snapshot came of it. */
function entryOf(database: DatabaseRow, came: object): AuditEntry {
  const { id, org_id: orgId, project_id: projectId, host, port, name, username, ssl_mode } = database;
  const after = { host, port, name, username, ssl_mode, ...came };
  return { action: ACTION, orgId, projectId, resource: { kind: 'database', id }, after };
}
