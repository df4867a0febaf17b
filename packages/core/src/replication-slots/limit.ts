import { prepare, query, type TenantTransaction } from '@headgate/db';
import { MAX_REPLICATION_SLOTS_PER_DATABASE as MAX } from '@headgate/schema';
import { HeadgateError } from '../errors.ts';

const count = prepare((databaseId: string) =>
  query
    .selectFrom('replication_slots')
    .where('database_id', '=', databaseId)
    .where('deleted_at', 'is', null)
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('used')),
);

/**
 * Makes sure that one more slot may be registered for a database. True until the transaction ends when the database is
 * held by then.
 *
 * @throws HeadgateError LIMIT_EXCEEDED, which names the limit
 */
export async function checkSlotLimit(
  { run }: Pick<TenantTransaction, 'run'>,
  databaseId: string,
): Promise<void> {
  const [counted] = await run(count(databaseId));
  const used = counted?.used ?? 0;
  if (used < MAX) return;
  throw new HeadgateError(
    'LIMIT_EXCEEDED',
    `The limit replication_slots_per_database is ${MAX}, and there are ${used} replication slots in this database. Delete one.`,
  );
}
