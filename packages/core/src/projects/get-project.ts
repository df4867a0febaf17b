import type { Project } from '@headgate/schema';
import type { Verb } from '../context.ts';
import type { Answer } from '../answer.ts';
import { reader } from '../reader.ts';
import { lookupProject } from './lookup-project.ts';
import { projectEtag, projectView } from './row.ts';

/** One project. */
export async function getProject({ ctx, input }: Verb<{ projectId: string }>): Promise<Answer<Project>> {
  const project = await lookupProject(ctx, reader(ctx), {
    id: input.projectId,
    action: 'project.get',
    to: 'read',
  });
  return { view: projectView(project, ctx.settings), etag: projectEtag(project) };
}
