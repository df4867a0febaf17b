import type { BodyWriter } from './body.ts';
import { COLUMNS } from './columns.ts';
import { CONSTRAINTS } from './constraints.ts';
import { DEFINITIONS } from './definitions.ts';
import { INDEXES } from './indexes.ts';
import { MAX_BATCH_COLUMNS, MAX_BATCH_RELATIONS } from './limits.ts';
import { partReader, type ReadPart } from './parts.ts';
import type { Relation } from './relations.ts';
import type { Session } from './session.ts';
import type { Skipped } from './skipped.ts';

/** How many of each a snapshot holds. */
export interface Counts {
  schemas: number;
  types: number;
  enums: number;
  relations: number;
  columns: number;
  constraints: number;
  indexes: number;
}

/** What is at hand while a snapshot is taken. */
export interface Work {
  readonly session: Session;
  readonly skipped: Skipped;
  readonly body: BodyWriter;
  readonly counts: Counts;
}

/** Reads a batch while the one before is written: the server and this process work side by side. */
export async function copyRelations(relations: readonly Relation[], work: Work): Promise<void> {
  const readPart = partReader(work.session, work.skipped);
  let written = Promise.resolve();
  try {
    for (const batch of batchesOf(relations)) {
      const parts = await readParts(batch, readPart);
      await written;
      written = writeRelations(batch, parts, work);
      // What goes wrong is heard of when it is waited for.
      written.catch(() => {});
    }
  } finally {
    await written;
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

/** What a batch is made of, by the OIDs of its relations. */
type Parts = Awaited<ReturnType<typeof readParts>>;

async function readParts(batch: readonly Relation[], readPart: ReadPart) {
  return {
    columnsOf: await readPart(COLUMNS, batch),
    constraintsOf: await readPart(CONSTRAINTS, batch),
    indexesOf: await readPart(INDEXES, batch),
    definitionOf: await readPart(DEFINITIONS, batch),
  };
}

async function writeRelations(
  batch: readonly Relation[],
  { columnsOf, constraintsOf, indexesOf, definitionOf }: Parts,
  { skipped, body, counts }: Work,
): Promise<void> {
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
