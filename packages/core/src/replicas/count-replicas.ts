import { prepare, query, type TenantTransaction } from '@headgate/db';

const count = prepare((databaseId: string) =>
  query
    .selectFrom('databases')
    .leftJoin('organizations', 'organizations.org_id', 'databases.org_id')
    .where('databases.id', '=', databaseId)
    .select('organizations.max_replicas_per_database as own')
    .select((eb) =>
      eb
        .selectFrom('replicas')
        .whereRef('replicas.database_id', '=', 'databases.id')
        .where('replicas.deleted_at', 'is', null)
        .select((count) => count.cast<number>(count.fn.countAll(), 'integer').as('count'))
        .as('used'),
    ),
);

/**
 * How many replicas a database has, and how many the operator allows it. True until the transaction ends when the
 * database is held by then: a statement sees only what was there when it began, so this one runs behind the holding
 * one.
 */
export async function countReplicas({ run }: Pick<TenantTransaction, 'run'>, databaseId: string) {
  const [counted] = await run(count(databaseId));
  return { used: counted?.used ?? 0, own: counted?.own };
}
