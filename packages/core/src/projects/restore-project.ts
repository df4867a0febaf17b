import { query } from '@headgate/db';
import type { Project } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { checkDomainLimit } from '../custom-domains/limit.ts';
import { countDomainsWithProject, unverifyDomainsWithProject } from '../custom-domains/with-project.ts';
import { conflict } from '../errors.ts';
import type { Answer } from '../answer.ts';
import { mutate } from '../mutate.ts';
import { checkLimit, holdOrganization } from '../organizations/limits.ts';
import { later } from '../time.ts';
import { lookupProject } from './lookup-project.ts';
import { projectEtag, projectView } from './row.ts';
import { restoreWithProject } from './with-project.ts';

/** Brings a deleted project back, with the databases, custom domains and certificates that its deletion took along. */
export async function restoreProject({ ctx, input }: Verb<{ projectId: string }>): Promise<Answer<Project>> {
  return await mutate(ctx, 'project.restore', async (tx) => {
    const project = await lookupProject(ctx, tx, {
      id: input.projectId,
      action: 'project.restore',
      to: 'restore',
    });
    const { id, org_id: orgId } = project;
    if (project.deleted_at === null) throw conflict('The project is not deleted.');
    const organization = await holdOrganization(tx, project);
    checkLimit(ctx, 'projects', { used: organization.project_count, own: organization.max_projects });
    const [taken, [domains]] = await Promise.all([
      tx.run(
        query
          .selectFrom('databases')
          .select('id')
          .where('project_id', '=', id)
          .where('deleted_with_project', '=', true),
      ),
      tx.run(countDomainsWithProject(id)),
    ]);
    const adding = domains?.count ?? 0;
    if (adding > 0) await checkDomainLimit(ctx, tx, project, { adding });
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
        unverifyDomainsWithProject(id),
        restoreWithProject('custom_domains', id, written.updated_at),
        restoreWithProject('certificates', id, written.updated_at),
      ],
      audit: [
        { action: 'project.restore', orgId, projectId: id, resource: { kind: 'project', id }, after: view },
      ],
      answer: { view, etag: projectEtag(row) },
    };
  });
}
