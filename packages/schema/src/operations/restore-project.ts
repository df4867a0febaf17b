import { createRoute } from '@hono/zod-openapi';
import { ProjectPath } from '../parameters.ts';
import { Project } from '../resources/project.ts';
import { SECURED, errors, headerParameters, json } from '../responses.ts';

export const restoreProject = createRoute({
  operationId: 'restoreProject',
  method: 'post',
  path: '/v1/projects/{project_id}/restore',
  tags: ['Projects'],
  summary: 'Restore a deleted project',
  description: 'Brings it back with the databases that its deletion took along, within 30 days.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: ProjectPath },
  responses: {
    200: json(Project, 'The project as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413),
  },
});
