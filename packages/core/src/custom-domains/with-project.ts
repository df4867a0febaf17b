import { prepare, query } from '@headgate/db';

/** The statement that deletes the custom domains of a project with it. Their names are free for others at once. */
export function deleteDomainsWithProject(projectId: string, deletedAt: Date) {
  return query
    .updateTable('custom_domains')
    .set((eb) => ({
      deleted_at: deletedAt,
      deleted_with_project: true,
      version: eb('version', '+', 1),
      updated_at: eb.fn<Date>('greatest', ['updated_at', eb.cast(eb.val(deletedAt), 'timestamptz')]),
    }))
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null);
}

/** How many custom domains went with a project. */
export const countDomainsWithProject = prepare((projectId: string) =>
  query
    .selectFrom('custom_domains')
    .where('project_id', '=', projectId)
    .where('deleted_with_project', '=', true)
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('count')),
);

/**
 * The statement that brings back the custom domains that went with a project. They are to be verified anew: another
 * project may have been given one of the names meanwhile.
 */
export function restoreDomainsWithProject(projectId: string, restoredAt: Date) {
  return query
    .updateTable('custom_domains')
    .set((eb) => ({
      deleted_at: null,
      deleted_with_project: false,
      verified_at: null,
      version: eb('version', '+', 1),
      updated_at: eb.fn<Date>('greatest', ['updated_at', eb.cast(eb.val(restoredAt), 'timestamptz')]),
    }))
    .where('project_id', '=', projectId)
    .where('deleted_with_project', '=', true);
}
