import { createRoute } from '@hono/zod-openapi';
import { ProjectPath } from '../parameters.ts';
import { SECURED, empty, errors, headerParameters } from '../responses.ts';

export const deleteProject = createRoute({
  operationId: 'deleteProject',
  method: 'delete',
  path: '/v1/projects/{project_id}',
  tags: ['Projects'],
  summary: 'Delete a project',
  description:
    'Takes its databases along. It can be restored for 30 days, then it is purged with its secrets.',
  security: SECURED,
  parameters: headerParameters('IfMatch'),
  request: { params: ProjectPath },
  responses: { 204: empty('It is deleted.'), ...errors(400, 401, 403, 404, 412) },
});
