import type { SchemaDiff } from '@headgate/schema';
import { compareBodies, type Change } from '@headgate/upstream';
import type { Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import { reader } from '../reader.ts';
import { lookupSchemaSnapshot, readBody } from './lookup-schema-snapshot.ts';
import { schemaSnapshotView } from './row.ts';

const NOTHING = { changes: [], truncated: false } as const;

interface DiffDatabaseSchema extends DatabasePath {
  readonly from: string;
  readonly to: string;
}

/** What lies between two snapshots of a database. Those of equal hashes are not read. */
export async function diffDatabaseSchema({ ctx, input }: Verb<DiffDatabaseSchema>): Promise<SchemaDiff> {
  const { run } = reader(ctx);
  const { projectId, databaseId } = input;
  const database = await lookupDatabase(
    ctx,
    { run },
    { projectId, databaseId, action: 'databaseSchema.diff', to: 'read' },
  );
  const [from, to] = await Promise.all([
    lookupSchemaSnapshot({ run }, database.id, input.from),
    lookupSchemaSnapshot({ run }, database.id, input.to),
  ]);
  const { changes, truncated } =
    from.hash === to.hash
      ? NOTHING
      : await compareBodies(await readBody({ run }, from), await readBody({ run }, to));
  return {
    from: schemaSnapshotView(from),
    to: schemaSnapshotView(to),
    changes: changes.map(changeView),
    truncated,
  };
}

function changeView({ object, schema, name, change, differences }: Change): SchemaDiff['changes'][number] {
  return {
    object,
    ...(schema !== undefined && { schema }),
    ...{ name, change },
    ...(differences && { differences: differences.map((difference) => ({ ...difference })) }),
  };
}
