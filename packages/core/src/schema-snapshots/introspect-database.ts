import { insert, prepare, query } from '@headgate/db';
import {
  MAX_SNAPSHOTS_PER_DATABASE,
  newId,
  type IntrospectDatabase,
  type SchemaSnapshot,
} from '@headgate/schema';
import { takeSnapshot, type Snapshot } from '@headgate/upstream';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { HeadgateError } from '../errors.ts';
import { mutate } from '../mutate.ts';
import { reader } from '../reader.ts';
import { findOut, unlessGone } from '../upstream/evidence.ts';
import { describeFailure, readUpstream } from './read-upstream.ts';
import { schemaSnapshotEtag, schemaSnapshotView, type SnapshotRow, type SnapshotSummary } from './row.ts';

const ACTION = 'database.introspect';

type Introspect = DatabasePath & IntrospectDatabase;

/**
 * Takes a snapshot of what a database is made of and keeps it, in place of the oldest where there are as many as are
 * kept. It is taken before the transaction begins: nothing of ours is held while a stranger's server takes its time.
 */
export async function introspectDatabase({ ctx, input }: Verb<Introspect>): Promise<Answer<SchemaSnapshot>> {
  const taken = await findOut(take(ctx, input));
  return await mutate(unlessGone(ctx), ACTION, async (tx) => {
    const database = await lookupDatabase(ctx, tx, { ...input, action: ACTION, to: 'change' });
    const snapshot = taken();
    const [same] = await tx.run(lastOfHash(database.id, snapshot.hash));
    const row = newRow(
      ctx,
      database,
      {
        ...summaryOf(snapshot, input),
        // Of what was cut short nobody knows whether the rest is the same.
        ...(same !== undefined && !snapshot.truncated && { unchanged_since: same.id }),
      },
      snapshot,
    );
    const view = schemaSnapshotView(row);
    const { org_id: orgId, project_id: projectId, id } = row;
    const after = {
      database_id: database.id,
      hash: row.hash,
      counts: view.counts,
      truncated: view.truncated,
    };
    return {
      on: database,
      writes: [insert('schema_snapshots', { ...row, body: snapshot.body }), dropOldest(database.id)],
      audit: [{ action: ACTION, orgId, projectId, resource: { kind: 'schema_snapshot', id }, after }],
      answer: { view, etag: schemaSnapshotEtag(row) },
    };
  });
}

/** @throws HeadgateError UPSTREAM_CHECK_FAILED when the upstream cannot be read */
async function take(ctx: Context, { schemas, ...path }: Introspect): Promise<Snapshot> {
  const database = await lookupDatabase(ctx, reader(ctx), { ...path, action: ACTION, to: 'read' });
  return await readUpstream(
    ctx,
    database,
    async (connection, reading) => await takeSnapshot(connection, { ...reading, schemas }),
  ).catch((error: unknown) => {
    const failure = describeFailure(error);
    throw failure === undefined
      ? error
      : new HeadgateError('UPSTREAM_CHECK_FAILED', failure, { cause: error });
  });
}

const lastOfHash = prepare((databaseId: string, hash: string) =>
  query
    .selectFrom('schema_snapshots')
    .select('id')
    .where('database_id', '=', databaseId)
    .where('hash', '=', hash)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1),
);

/** Run behind the insertion, which it counts. */
const dropOldest = prepare((databaseId: string) =>
  query
    .deleteFrom('schema_snapshots')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('schema_snapshots')
        .select('id')
        .where('database_id', '=', databaseId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .offset(MAX_SNAPSHOTS_PER_DATABASE),
    ),
);

function summaryOf(
  { serverVersion, counts, truncated, skipped }: Snapshot,
  { schemas }: Introspect,
): SnapshotSummary {
  return {
    server_version: serverVersion,
    ...(schemas && { schemas }),
    counts,
    truncated,
    skipped: skipped.map(({ what, reason }) => ({ what, reason })),
  };
}

function newRow(
  ctx: Context,
  database: DatabaseRow,
  summary: SnapshotSummary,
  { hash }: Snapshot,
): SnapshotRow {
  return {
    id: newId('snap'),
    org_id: database.org_id,
    project_id: database.project_id,
    database_id: database.id,
    hash,
    summary,
    created_at: ctx.clock.now(),
  };
}
