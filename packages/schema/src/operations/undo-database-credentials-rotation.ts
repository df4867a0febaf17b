import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { Database } from '../resources/database.ts';
import { SECURED, errors, headerParameters, json } from '../responses.ts';

export const undoDatabaseCredentialsRotation = createRoute({
  operationId: 'undoDatabaseCredentialsRotation',
  method: 'post',
  path: '/v1/projects/{project_id}/databases/{database_id}/rotate-credentials/undo',
  tags: ['Databases'],
  summary: "Undo a rotation of a database's credentials",
  description: [
    'Puts the credentials back that were in force before the last rotation, within its grace time, and forgets those of the rotation: there is no way forward again but another rotation.',
    'They are tested, and put back also when they do not work: `warnings` says so.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DatabasePath },
  responses: {
    200: json(Database, 'The database with the credentials before.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413),
  },
});
