import { prepare, query, type TenantTransaction } from '@headgate/db';

const count = prepare((projectId: string) =>
  query
    .selectFrom('projects')
    .leftJoin('organizations', 'organizations.org_id', 'projects.org_id')
    .where('projects.id', '=', projectId)
    .select('organizations.max_databases_per_project as own')
    .select((eb) =>
      eb
        .selectFrom('databases')
        .whereRef('databases.project_id', '=', 'projects.id')
        .where('databases.deleted_at', 'is', null)
        .select((count) => count.cast<number>(count.fn.countAll(), 'integer').as('count'))
        .as('used'),
    ),
);

/**
 * How many databases a project has, and how many the operator allows it. True until the transaction ends when the
 * project is held by then: a statement sees only what was there when it began, so this one runs behind the holding one.
 */
export async function countDatabases({ run }: Pick<TenantTransaction, 'run'>, projectId: string) {
  const [counted] = await run(count(projectId));
  return { used: counted?.used ?? 0, own: counted?.own };
}
