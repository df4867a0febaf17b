import { insert, type Store } from '@headgate/db';
import { newId } from '@headgate/schema';
import { slotInput } from './factories.ts';

interface Registration {
  readonly orgId: string;
  readonly projectId: string;
  readonly databaseId: string;
  readonly now: Date;
}

/**
 * Registers a replication slot of a server that there is not, for tests that ask nothing of its server. Answers its id.
 */
export async function registerSlot(
  store: Store,
  { orgId, projectId, databaseId, now }: Registration,
): Promise<string> {
  const row = {
    ...{ id: newId('slot'), org_id: orgId, project_id: projectId, database_id: databaseId, ...slotInput() },
    ...{ status: 'active' as const, upstream: 'db.example.com:5432' },
    ...{ created_at: now, updated_at: now },
  };
  await store.transact({ tenants: [orgId] }, async (tx) => {
    await tx.run(insert('replication_slots', row));
  });
  return row.id;
}
