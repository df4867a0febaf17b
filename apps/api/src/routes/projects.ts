import {
  createProject,
  deleteProject,
  getProject,
  listProjects,
  restoreProject,
  updateProject,
} from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { isUnchanged, parseIfMatch } from '../http/conditional.ts';
import { describeAnswer, readContext, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

export const projectRoutes = [
  handle(operations.listProjects, async (c) => {
    return c.json(await listProjects({ ctx: readContext(c), input: c.req.valid('query') }), 200);
  }),
  handle(operations.createProject, async (c) => {
    const answer = await createProject({ ctx: await writeContext(c), input: c.req.valid('json') });
    describeAnswer(c, answer, `/v1/projects/${answer.view.project.id}`);
    return c.json(answer.view, 201);
  }),
  handle(operations.getProject, async (c) => {
    const answer = await getProject({
      ctx: readContext(c),
      input: { projectId: c.req.valid('param').project_id },
    });
    describeAnswer(c, answer);
    return isUnchanged(c.req.header('if-none-match'), answer.etag)
      ? c.body(null, 304)
      : c.json(answer.view, 200);
  }),
  handle(operations.updateProject, async (c) => {
    const input = {
      projectId: c.req.valid('param').project_id,
      changes: c.req.valid('json'),
      ifMatch: parseIfMatch(c.req.header('if-match')),
    };
    const answer = await updateProject({ ctx: await writeContext(c), input });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.deleteProject, async (c) => {
    const input = {
      projectId: c.req.valid('param').project_id,
      ifMatch: parseIfMatch(c.req.header('if-match')),
    };
    await deleteProject({ ctx: readContext(c), input });
    return c.body(null, 204);
  }),
  handle(operations.restoreProject, async (c) => {
    const input = { projectId: c.req.valid('param').project_id };
    const answer = await restoreProject({ ctx: await writeContext(c), input });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
] as const;
