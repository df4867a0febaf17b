import { insert, prepare, query } from '@headgate/db';
import { MAX_SNAPSHOTS_PER_DATABASE, newId, type SchemaSnapshot } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { lookupDatabase } from '../databases/lookup-database.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { unlessGone } from '../upstream/evidence.ts';
import { schemaSnapshotEtag, schemaSnapshotView, type SnapshotRow, type SnapshotSummary } from './row.ts';
import { ACTION, take, type Introspect, type Taken } from './take.ts';

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
        ...summaryOf(snapshot),
        // Of what was cut short or passed over nobody knows whether the rest is the same.
        ...(same !== undefined && snapshot.skipped.length === 0 && { unchanged_since: same.id }),
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
      ...(view.schemas && { schemas: view.schemas }),
    };
    return {
      on: database,
      writes: [insert('schema_snapshots', { ...row, body: snapshot.body }), dropOldest(database.id)],
      audit: [{ action: ACTION, orgId, projectId, resource: { kind: 'schema_snapshot', id }, after }],
      answer: { view, etag: schemaSnapshotEtag(row) },
    };
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

function summaryOf(taken: Taken): SnapshotSummary {
  const { serverVersion, counts, truncated, skipped, schemas, excludedSchemas } = taken;
  return {
    server_version: serverVersion,
    ...(schemas && { schemas: [...schemas] }),
    ...(excludedSchemas.length > 0 && { excluded_schemas: [...excludedSchemas] }),
    counts,
    truncated,
    skipped: skipped.map(({ part, schema, name, what, reason }) => ({
      part,
      ...(schema !== undefined && { schema }),
      ...(name !== undefined && { name }),
      ...{ what, reason },
    })),
  };
}

function newRow(ctx: Context, database: DatabaseRow, summary: SnapshotSummary, { hash }: Taken): SnapshotRow {
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
