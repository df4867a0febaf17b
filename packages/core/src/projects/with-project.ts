import { query } from '@headgate/db';

/** What lies in a project, goes with it and comes back with it, each as a version of its own. */
type Table = 'custom_domains' | 'certificates';

/** The statement that deletes with a project what lives in this table of it. */
export function deleteWithProject(table: Table, projectId: string, deletedAt: Date) {
  return query
    .updateTable(table)
    .set((eb) => ({
      deleted_at: deletedAt,
      deleted_with_project: true,
      version: eb('version', '+', 1),
      updated_at: eb.fn<Date>('greatest', ['updated_at', eb.cast(eb.val(deletedAt), 'timestamptz')]),
    }))
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null);
}

/** The statement that brings back what went with a project. */
export function restoreWithProject(table: Table, projectId: string, restoredAt: Date) {
  return query
    .updateTable(table)
    .set((eb) => ({
      deleted_at: null,
      deleted_with_project: false,
      version: eb('version', '+', 1),
      updated_at: eb.fn<Date>('greatest', ['updated_at', eb.cast(eb.val(restoredAt), 'timestamptz')]),
    }))
    .where('project_id', '=', projectId)
    .where('deleted_with_project', '=', true);
}
