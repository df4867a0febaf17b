import { createRoute } from '@hono/zod-openapi';
import { DatabasePath, PageQuery } from '../parameters.ts';
import { ReplicationSlotList } from '../resources/replication-slot.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listReplicationSlots = createRoute({
  operationId: 'listReplicationSlots',
  method: 'get',
  path: '/v1/projects/{project_id}/databases/{database_id}/replication-slots',
  tags: ['Replication slots'],
  summary: 'List replication slots',
  description:
    'The registered replication slots of a database, newest first. How each stands on the upstream is told by `getReplicationSlot`.',
  security: SECURED,
  request: { params: DatabasePath, query: PageQuery },
  responses: {
    200: json(ReplicationSlotList, 'A page of replication slots.'),
    ...errors(400, 401, 403, 404),
  },
});
