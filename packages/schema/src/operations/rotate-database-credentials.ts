import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { RotateDatabaseCredentials, RotatedDatabaseCredentials } from '../resources/database-credentials.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const rotateDatabaseCredentials = createRoute({
  operationId: 'rotateDatabaseCredentials',
  method: 'post',
  path: '/v1/projects/{project_id}/databases/{database_id}/rotate-credentials',
  tags: ['Databases'],
  summary: "Rotate a database's credentials",
  description: [
    'Connects to the upstream with the new credentials, stages them, and switches to them: at every moment one pair that was tested is in force. When they do not work the answer is 422 with the steps of the check, and nothing is changed.',
    'Those before stay sealed for `grace_seconds`, in which `undoDatabaseCredentialsRotation` puts them back. A change of host, port or weaker TLS forgets them, and so does a change of username or password by PATCH.',
    'Replicas are reached with the same credentials, and are not tested here. Each step leaves an audit entry.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DatabasePath, body: jsonBody(RotateDatabaseCredentials) },
  responses: {
    200: json(
      RotatedDatabaseCredentials,
      'The database with its new credentials.',
      'ETag',
      'IdempotencyReplayed',
    ),
    ...errors(400, 401, 403, 404, 409, 413, 415, 422),
  },
});
