import type { Row } from '../connection.ts';
import { createSlices } from '../wire/slices.ts';
import type { BodyWriter } from './body.ts';
import { COLUMNS, columnsOf } from './columns.ts';
import { CONSTRAINTS, constraintsOf } from './constraints.ts';
import { DEFINITIONS, definitionOf } from './definitions.ts';
import { INDEXES, indexesOf } from './indexes.ts';
import {
  MAX_BATCH_COLUMNS,
  MAX_BATCH_RELATIONS,
  MAX_RELATION_CHARS,
  MAX_RELATION_PARTS,
  MAX_TEXT_CHARS,
} from './limits.ts';
import { NOT_READ } from './lines.ts';
import { nonsense } from './nonsense.ts';
import { partReader, type ReadPart } from './parts.ts';
import type { Relation } from './relations.ts';
import type { Session } from './session.ts';
import { RELATION_PARTS, type RelationPart, type Skipped } from './skipped.ts';

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

/** What a batch is made of, as rows. */
type Parts = Awaited<ReturnType<typeof readParts>>;

async function readParts(batch: readonly Relation[], readPart: ReadPart) {
  return {
    columns: await readPart(COLUMNS, batch),
    constraints: await readPart(CONSTRAINTS, batch),
    indexes: await readPart(INDEXES, batch),
    definitions: await readPart(DEFINITIONS, batch),
  };
}

async function writeRelations(
  batch: readonly Relation[],
  parts: Parts,
  { skipped, body, counts }: Work,
): Promise<void> {
  const slices = createSlices();
  for (const relation of batch) {
    if (slices.isOver()) await slices.pause();
    const structure = structureOf(relation, parts, skipped);
    if (structure === undefined) continue;
    await body.write({
      section: 'relation',
      structure: JSON.stringify(structure),
      estimates: JSON.stringify(relation.estimates),
    });
    counts.relations += 1;
    counts.columns += structure.columns.length;
    counts.constraints += structure.constraints.length;
    counts.indexes += structure.indexes.length;
  }
}

/** A relation with its parts; undefined for one that is passed over, which is told. */
function structureOf({ oid, columnCount, head }: Relation, parts: Parts, skipped: Skipped) {
  const notRead = RELATION_PARTS.filter((part) => parts[part](oid) === undefined);
  const rows = {
    columns: parts.columns(oid) ?? [],
    constraints: parts.constraints(oid) ?? [],
    indexes: parts.indexes(oid) ?? [],
    definitions: parts.definitions(oid) ?? [],
  };
  if (rows.columns.length > columnCount)
    throw nonsense('a relation has more columns than it is said to have');
  const { isGone, properties } = definitionOf(rows.definitions);
  const excess = isGone ? undefined : excessOf(rows);
  const { schema, name } = head;
  const whole = { part: 'relation', schema, name, what: `${schema}.${name}` } as const;
  if (isGone) skipped.add({ ...whole, reason: 'it was dropped while it was read' });
  if (excess !== undefined) skipped.cut({ ...whole, reason: excess });
  if (isGone || excess !== undefined) return undefined;
  return {
    // It stands first, where a comparison sees it without parsing the line.
    ...(notRead.length > 0 && { [NOT_READ]: notRead }),
    ...head,
    ...properties,
    columns: columnsOf(rows.columns),
    constraints: constraintsOf(rows.constraints),
    indexes: indexesOf(rows.indexes),
  };
}

/** The name of a member and what stands around it. */
const MEMBER_CHARS = 16;
/** A character that is cut by may take two places here. */
const MAX_VALUE_CHARS = 2 * MAX_TEXT_CHARS;

/** Of what there is too much for one line, which is made, and read again, at a stretch. */
function excessOf(rows: Readonly<Record<RelationPart, readonly Row[]>>) {
  for (const part of ['constraints', 'indexes'] as const) {
    if (rows[part].length > MAX_RELATION_PARTS) return `it has more than ${MAX_RELATION_PARTS} ${part}`;
  }
  let chars = 0;
  for (const value of Object.values(rows).flatMap((part) => part.flatMap((row) => Object.values(row)))) {
    // As JSON, where a control character takes six places.
    const isLong = value !== null && value.length > MAX_VALUE_CHARS;
    chars += MEMBER_CHARS + (isLong ? MAX_RELATION_CHARS : JSON.stringify(value).length);
    if (chars > MAX_RELATION_CHARS)
      return `it takes more than ${MAX_RELATION_CHARS / 1024 / 1024} MiB to tell of it`;
  }
  return undefined;
}
