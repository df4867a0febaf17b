import { prepare, query } from '@headgate/db';

/** How many custom domains went with a project. */
export const countDomainsWithProject = prepare((projectId: string) =>
  query
    .selectFrom('custom_domains')
    .where('project_id', '=', projectId)
    .where('deleted_with_project', '=', true)
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('count')),
);

/**
 * The statement by which the custom domains that went with a project are to be verified anew when they come back:
 * another project may have been given one of the names meanwhile.
 */
export function unverifyDomainsWithProject(projectId: string) {
  return query
    .updateTable('custom_domains')
    .set({ verified_at: null })
    .where('project_id', '=', projectId)
    .where('deleted_with_project', '=', true);
}
