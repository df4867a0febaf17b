import { query } from '@headgate/db';
import type { Project } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import { mutate, type Answer } from '../mutate.ts';
import { later } from '../time.ts';
import { lookupProject } from './lookup-project.ts';
import { projectEtag, projectView } from './row.ts';

/** Brings a deleted project back, with the databases that its deletion took along. */
export async function restoreProject({ ctx, input }: Verb<{ projectId: string }>): Promise<Answer<Project>> {
  return await mutate(ctx, 'project.restore', async (tx) => {
    const project = await lookupProject(ctx, tx, {
      id: input.projectId,
      action: 'project.restore',
      to: 'restore',
    });
    const { id, org_id: orgId } = project;
    if (project.deleted_at === null) throw conflict('The project is not deleted.');
    const taken = await tx.run(
      query
        .selectFrom('databases')
        .select('id')
        .where('project_id', '=', id)
        .where('deleted_with_project', '=', true),
    );
    const written = {
      deleted_at: null,
      version: project.version + 1,
      updated_at: later(ctx.clock.now(), project.updated_at),
    };
    const row = { ...project, ...written, database_count: taken.length };
    const view = projectView(row, ctx.settings);
    return {
      on: project,
      writes: [
        query.updateTable('projects').set(written).where('id', '=', id),
        query
          .updateTable('databases')
          .set({ deleted_at: null, deleted_with_project: false })
          .where('project_id', '=', id)
          .where('deleted_with_project', '=', true),
      ],
      audit: [
        { action: 'project.restore', orgId, projectId: id, resource: { kind: 'project', id }, after: view },
      ],
      answer: { view, etag: projectEtag(row) },
    };
  });
}
