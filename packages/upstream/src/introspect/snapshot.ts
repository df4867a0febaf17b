import type { Connection } from '../connection.ts';
import { writeBody } from './body.ts';
import { copyRelations, type Counts, type Work } from './copy-relations.ts';
import { Cut } from './cut.ts';
import { TIMEOUT_MS } from './limits.ts';
import { readRelations } from './relations.ts';
import { readSchemas, type SchemaChoice } from './schemas.ts';
import { openSession } from './session.ts';
import { createSkipped, type SkippedPart } from './skipped.ts';
import { readTypes } from './types.ts';

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
  try {
    await copyRelations(relations, { session, skipped, body, counts });
  } catch (error) {
    if (!(error instanceof Cut)) throw error;
    const what = `relations behind the first ${counts.relations} of ${relations.length}`;
    skipped.cut({ part: 'relations', what, reason: error.message });
  }
}
