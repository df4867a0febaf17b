import type { SchemaSnapshotList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import { readNewestFirst } from '../newest-first.ts';
import type { Order, PageInput } from '../page.ts';
import { reader } from '../reader.ts';
import { schemaSnapshotView, selectSnapshots } from './row.ts';

const ORDER: Order = { name: 'schema snapshots by created_at', kind: 'snap', key: 'time' };

/** The snapshots of a database, newest first, without what they hold. */
export async function listSchemaSnapshots({
  ctx,
  input,
}: Verb<DatabasePath & PageInput>): Promise<SchemaSnapshotList> {
  const { run } = reader(ctx);
  const database = await lookupDatabase(
    ctx,
    { run },
    { ...input, action: 'schemaSnapshot.list', to: 'read' },
  );
  const { page, next } = await readNewestFirst(
    ctx,
    { run },
    {
      rows: selectSnapshots.where('database_id', '=', database.id),
      listing: { order: ORDER, of: database.id },
      token: input.page_token,
      size: input.page_size,
    },
  );
  return { snapshots: page.map(schemaSnapshotView), ...next };
}
