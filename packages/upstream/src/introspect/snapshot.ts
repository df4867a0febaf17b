import type { Connection } from '../connection.ts';
import { writeBody, type BodyWriter } from './body.ts';
import { COLUMNS } from './columns.ts';
import { CONSTRAINTS } from './constraints.ts';
import { Cut } from './cut.ts';
import { DEFINITIONS } from './definitions.ts';
import { INDEXES } from './indexes.ts';
import { MAX_BATCH_COLUMNS, MAX_BATCH_RELATIONS, TIMEOUT_MS } from './limits.ts';
import { partReader, type ReadPart } from './parts.ts';
import { readRelations, type Relation } from './relations.ts';
import { readSchemas, type SchemaChoice } from './schemas.ts';
import { openSession, type Session } from './session.ts';
import { createSkipped, type Skipped, type SkippedPart } from './skipped.ts';
import { readTypes } from './types.ts';

/** How many of each a snapshot holds. */
interface Counts {
  schemas: number;
  types: number;
  enums: number;
  relations: number;
  columns: number;
  constraints: number;
  indexes: number;
}

/** What a database looked like at a moment. */
export interface Snapshot {
  readonly serverVersion: string;
  /** The same for the same structure, whatever the server's OIDs, statistics and settings are; 64 hexadecimal digits. */
  readonly hash: string;
  /** What was found, as lines (see `lines.ts`), compressed. */
  readonly body: Buffer;
  readonly counts: Readonly<Counts>;
  /** Whether something was left out because a bound was reached. */
  readonly truncated: boolean;
  readonly skipped: readonly SkippedPart[];
}

interface Taking extends SchemaChoice {
  /** When the time began that it may take, as `performance.now()` counts, in milliseconds. */
  readonly since: number;
}

/** What is at hand while a snapshot is taken. */
interface Work {
  readonly session: Session;
  readonly skipped: Skipped;
  readonly body: BodyWriter;
  readonly counts: Counts;
}

/**
 * Takes a snapshot of the database that is connected to, all of it as of one moment, through catalogs that every role
 * may read. What cannot be read is skipped and told; what is beyond a bound is left out and told.
 *
 * @throws UpstreamError when the server is older than PostgreSQL 12, takes too long before the first relation or hangs
 *   up; ServerError when it refuses to tell what there is
 */
export async function takeSnapshot(connection: Connection, { since, ...choice }: Taking): Promise<Snapshot> {
  const session = await openSession(connection, since + TIMEOUT_MS);
  const counts = { schemas: 0, types: 0, enums: 0, relations: 0, columns: 0, constraints: 0, indexes: 0 };
  const work = { session, counts, skipped: createSkipped(), body: writeBody() };
  await readAll(work, choice);
  const { hash, bytes } = await work.body.finish();
  await session.end();
  const { isTruncated: truncated, parts: skipped } = work.skipped;
  return { serverVersion: session.serverVersion, hash, body: bytes, counts, truncated, skipped };
}

async function readAll({ session, skipped, body, counts }: Work, choice: SchemaChoice): Promise<void> {
  const schemas = await readSchemas(session, choice, skipped);
  for (const { structure } of schemas) {
    await body.write({ section: 'schema', structure: JSON.stringify(structure) });
    counts.schemas += 1;
  }
  const oids = schemas.map(({ oid }) => oid);
  for (const type of await readTypes(session, oids, skipped)) {
    await body.write({ section: 'type', structure: JSON.stringify(type) });
    counts.types += 1;
    if (type.kind === 'enum') counts.enums += 1;
  }
  const relations = await readRelations(session, oids, skipped);
  const readPart = partReader(session, skipped);
  try {
    for (const batch of batchesOf(relations))
      await writeRelations(batch, { readPart, skipped, body, counts });
  } catch (error) {
    if (!(error instanceof Cut)) throw error;
    skipped.cut(`relations behind the first ${counts.relations} of ${relations.length}`, error.message);
  }
}

/** As many relations at a time as one statement asks for. */
function* batchesOf(relations: readonly Relation[]): Generator<Relation[]> {
  let batch: Relation[] = [];
  let columns = 0;
  for (const relation of relations) {
    const isFull = batch.length === MAX_BATCH_RELATIONS || columns + relation.columnCount > MAX_BATCH_COLUMNS;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      columns = 0;
    }
    batch.push(relation);
    columns += relation.columnCount;
  }
  if (batch.length > 0) yield batch;
}

async function writeRelations(
  batch: readonly Relation[],
  { readPart, skipped, body, counts }: Omit<Work, 'session'> & { readonly readPart: ReadPart },
): Promise<void> {
  const columnsOf = await readPart(COLUMNS, batch);
  const constraintsOf = await readPart(CONSTRAINTS, batch);
  const indexesOf = await readPart(INDEXES, batch);
  const definitionOf = await readPart(DEFINITIONS, batch);
  for (const { oid, head, estimates } of batch) {
    const { isGone, properties } = definitionOf(oid);
    if (isGone) {
      skipped.add(`${head.schema}.${head.name}`, 'it was dropped while it was read');
      continue;
    }
    const structure = {
      ...head,
      ...properties,
      columns: columnsOf(oid),
      constraints: constraintsOf(oid),
      indexes: indexesOf(oid),
    };
    await body.write({
      section: 'relation',
      structure: JSON.stringify(structure),
      estimates: JSON.stringify(estimates),
    });
    counts.relations += 1;
    counts.columns += structure.columns.length;
    counts.constraints += structure.constraints.length;
    counts.indexes += structure.indexes.length;
  }
}
