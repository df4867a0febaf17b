import { createRoute } from '@hono/zod-openapi';
import { CreateProject, CreatedProject } from '../resources/project.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const createProject = createRoute({
  operationId: 'createProject',
  method: 'post',
  path: '/v1/projects',
  tags: ['Projects'],
  summary: 'Create a project',
  description: 'Makes the project and, when one is given, its primary database in one step: both or neither.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { body: jsonBody(CreateProject) },
  responses: {
    201: json(CreatedProject, 'The project and its database.', 'ETag', 'Location', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 409, 413, 415),
  },
});
