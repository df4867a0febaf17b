import { createRoute } from '@hono/zod-openapi';
import { ProjectPath } from '../parameters.ts';
import { Project, UpdateProject } from '../resources/project.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const updateProject = createRoute({
  operationId: 'updateProject',
  method: 'patch',
  path: '/v1/projects/{project_id}',
  tags: ['Projects'],
  summary: 'Change a project',
  description: 'What is left out stays as it is.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey', 'IfMatch'),
  request: { params: ProjectPath, body: jsonBody(UpdateProject) },
  responses: {
    200: json(Project, 'The project as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 412, 413, 415),
  },
});
