import { createRoute } from '@hono/zod-openapi';
import { ProjectPath } from '../parameters.ts';
import { Project } from '../resources/project.ts';
import { SECURED, empty, errors, headerParameters, json } from '../responses.ts';

export const getProject = createRoute({
  operationId: 'getProject',
  method: 'get',
  path: '/v1/projects/{project_id}',
  tags: ['Projects'],
  summary: 'Get a project',
  description: 'One project with its settings.',
  security: SECURED,
  parameters: headerParameters('IfNoneMatch'),
  request: { params: ProjectPath },
  responses: {
    200: json(Project, 'The project.', 'ETag'),
    304: empty('You hold the present version.', 'ETag'),
    ...errors(400, 401, 403, 404),
  },
});
