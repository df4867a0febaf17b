import { gzipSync } from 'node:zlib';
import { insert, type Store } from '@headgate/db';
import { newId } from '@headgate/schema';

interface Place {
  readonly orgId: string;
  readonly projectId: string;
  readonly databaseId: string;
  readonly now: Date;
}

/** Keeps a snapshot of a database that holds nothing, for tests that ask nothing of its server. Answers its id. */
export async function registerSnapshot(
  store: Store,
  { orgId, projectId, databaseId, now }: Place,
): Promise<string> {
  const counts = { schemas: 0, types: 0, enums: 0, relations: 0, columns: 0, constraints: 0, indexes: 0 };
  const row = {
    ...{ id: newId('snap'), org_id: orgId, project_id: projectId, database_id: databaseId },
    ...{ hash: '0'.repeat(64), body: gzipSync(''), created_at: now },
    summary: { server_version: '18.4', counts, truncated: false, skipped: [] },
  };
  await store.transact({ tenants: [orgId] }, async (tx) => {
    await tx.run(insert('schema_snapshots', row));
  });
  return row.id;
}
