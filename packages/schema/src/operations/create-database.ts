import { createRoute } from '@hono/zod-openapi';
import { ProjectPath, VerifyQuery } from '../parameters.ts';
import { CreateDatabaseWithSlots, CreatedDatabase } from '../resources/database.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const createDatabase = createRoute({
  operationId: 'createDatabase',
  method: 'post',
  path: '/v1/projects/{project_id}/databases',
  tags: ['Databases'],
  summary: 'Register a database',
  description:
    'Registers an upstream PostgreSQL database, by its `url` or field by field, and answers the connection string to use in its place. `warnings` tell what was ignored of the URI, and what is likely to be a mistake. With `replication_slots` the upstream is asked; what is wrong there is a 422, and nothing is made.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: ProjectPath, query: VerifyQuery, body: jsonBody(CreateDatabaseWithSlots) },
  responses: {
    201: json(CreatedDatabase, 'The database.', 'ETag', 'Location', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415, 422),
  },
});
