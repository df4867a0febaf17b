import { createRoute } from '@hono/zod-openapi';
import { ReplicationSlotPath } from '../parameters.ts';
import { LiveReplicationSlot } from '../resources/replication-slot.ts';
import { SECURED, errors, json } from '../responses.ts';

export const getReplicationSlot = createRoute({
  operationId: 'getReplicationSlot',
  method: 'get',
  path: '/v1/projects/{project_id}/databases/{database_id}/replication-slots/{slot_id}',
  tags: ['Replication slots'],
  summary: 'Get a replication slot',
  description:
    'One replication slot, and how it stands on the upstream at this moment. When that cannot be learned the answer says why, and is a 200 all the same. A project has a few of these under way at a time: one more is a 429.',
  security: SECURED,
  request: { params: ReplicationSlotPath },
  responses: {
    200: json(LiveReplicationSlot, 'The replication slot.', 'ETag'),
    ...errors(400, 401, 403, 404),
  },
});
