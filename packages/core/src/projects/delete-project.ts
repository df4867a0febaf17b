import { query } from '@headgate/db';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupProject } from './lookup-project.ts';
import { projectEtag, projectView } from './row.ts';
import { deleteWithProject } from './with-project.ts';

/** Deletes a project and takes its databases, custom domains and certificates along, so that they come back with it. */
export async function deleteProject({
  ctx,
  input,
}: Verb<{ projectId: string; ifMatch?: IfMatch | undefined }>): Promise<void> {
  await mutate(ctx, 'project.delete', async (tx) => {
    const project = await lookupProject(ctx, tx, {
      id: input.projectId,
      action: 'project.delete',
      to: 'delete',
    });
    checkIfMatch(input.ifMatch, projectEtag(project));
    const { id, org_id: orgId, version } = project;
    const deletedAt = later(ctx.clock.now(), project.updated_at);
    return {
      on: project,
      writes: [
        query
          .updateTable('projects')
          .set({ deleted_at: deletedAt, updated_at: deletedAt, version: version + 1 })
          .where('id', '=', id),
        query
          .updateTable('databases')
          .set({ deleted_at: deletedAt, deleted_with_project: true })
          .where('project_id', '=', id)
          .where('deleted_at', 'is', null),
        deleteWithProject('custom_domains', id, deletedAt),
        deleteWithProject('certificates', id, deletedAt),
      ],
      audit: [
        {
          action: 'project.delete',
          orgId,
          projectId: id,
          resource: { kind: 'project', id },
          before: projectView(project, ctx.settings),
        },
      ],
      answer: { view: undefined },
    };
  });
}
