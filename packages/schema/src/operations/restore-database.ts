import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { Database } from '../resources/database.ts';
import { SECURED, errors, headerParameters, json } from '../responses.ts';

export const restoreDatabase = createRoute({
  operationId: 'restoreDatabase',
  method: 'post',
  path: '/v1/projects/{project_id}/databases/{database_id}/restore',
  tags: ['Databases'],
  summary: 'Restore a deleted database',
  description:
    'Brings it back as it was, within 30 days. A database that went with its project comes back with it. `warnings` name each replication slot that was registered for another database meanwhile, and does not come back.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DatabasePath },
  responses: {
    200: json(Database, 'The database as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413),
  },
});
