import { query } from '@headgate/db';
import type { Project, UpdateProject } from '@headgate/schema';
import { changes } from '../audit.ts';
import type { Verb } from '../context.ts';
import type { Answer } from '../answer.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupProject } from './lookup-project.ts';
import { projectEtag, projectView, type ProjectRow } from './row.ts';

interface Update {
  readonly projectId: string;
  readonly changes: UpdateProject;
  readonly ifMatch?: IfMatch | undefined;
}

/** Changes what is given of a project. A request that changes nothing leaves no trace. */
export async function updateProject({ ctx, input }: Verb<Update>): Promise<Answer<Project>> {
  return await mutate(ctx, 'project.update', async (tx) => {
    const project = await lookupProject(ctx, tx, {
      id: input.projectId,
      action: 'project.update',
      to: 'change',
    });
    checkIfMatch(input.ifMatch, projectEtag(project));
    const before = projectView(project, ctx.settings);
    const fields = changedFields(project, input.changes);
    const difference = changes(before, projectView({ ...project, ...fields }, ctx.settings));
    if (Object.keys(difference.after).length === 0) {
      return {
        on: project,
        writes: [],
        audit: [],
        answer: { view: before, etag: projectEtag(project) },
      };
    }
    const written = {
      ...fields,
      version: project.version + 1,
      updated_at: later(ctx.clock.now(), project.updated_at),
    };
    const row = { ...project, ...written };
    const { id, org_id: orgId } = project;
    return {
      on: project,
      writes: [query.updateTable('projects').set(written).where('id', '=', id)],
      audit: [
        { action: 'project.update', orgId, projectId: id, resource: { kind: 'project', id }, ...difference },
      ],
      answer: { view: projectView(row, ctx.settings), etag: projectEtag(row) },
    };
  });
}

function changedFields(
  project: ProjectRow,
  given: UpdateProject,
): Pick<ProjectRow, 'name' | 'description' | 'tags' | 'allowed_cidrs' | 'status'> {
  const { name = project.name, description = project.description, tags = project.tags, status } = given;
  const { allowed_cidrs: allowedCidrs = project.allowed_cidrs } = given;
  return {
    name,
    description: description === '' ? null : description,
    tags,
    // Objects as they are: postgres.js writes them as JSON, and would make a JSON string of text.
    allowed_cidrs: allowedCidrs,
    status: status === undefined || status === '' ? project.status : status,
  };
}
