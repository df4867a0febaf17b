import type { SchemaSnapshot } from '@headgate/schema';
import { SECTIONS, lineObject, readLines } from '@headgate/upstream';
import type { Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import { reader } from '../reader.ts';
import { lookupSchemaSnapshot, readBody } from './lookup-schema-snapshot.ts';
import { schemaSnapshotEtag, schemaSnapshotView } from './row.ts';

interface GetDatabaseSchema extends DatabasePath {
  /** The last one when it is left out. */
  readonly snapshotId?: string | undefined;
}

interface SchemaAnswer {
  readonly etag: string;
  /** Reads what the snapshot holds and gives it as JSON, a piece at a time. */
  readonly open: () => Promise<AsyncGenerator<string, void, undefined>>;
}

/** A snapshot of a database with all that it holds, to be read when it is known that it is wanted. */
export async function getDatabaseSchema({ ctx, input }: Verb<GetDatabaseSchema>): Promise<SchemaAnswer> {
  const { run } = reader(ctx);
  const database = await lookupDatabase(ctx, { run }, { ...input, action: 'databaseSchema.get', to: 'read' });
  const row = await lookupSchemaSnapshot({ run }, database.id, input.snapshotId);
  return {
    etag: schemaSnapshotEtag(row),
    open: async () => toJson(schemaSnapshotView(row), await readBody({ run }, row)),
  };
}

/** The lines of a body stand in the order of the members that they belong to. */
async function* toJson(snapshot: SchemaSnapshot, body: Buffer): AsyncGenerator<string, void, undefined> {
  yield `{"snapshot":${JSON.stringify(snapshot)}`;
  let open = -1;
  for await (const lines of readLines(body)) {
    let text = '';
    for (const line of lines) {
      const section = SECTIONS.indexOf(line.section);
      if (section === open) text += ',';
      while (open < section) text += beginning((open += 1));
      text += lineObject(line);
    }
    yield text;
  }
  let end = '';
  while (open < SECTIONS.length - 1) end += beginning((open += 1));
  yield `${end}]}`;
}

function beginning(section: number): string {
  return `${section === 0 ? ',' : '],'}"${SECTIONS[section]}s":[`;
}
