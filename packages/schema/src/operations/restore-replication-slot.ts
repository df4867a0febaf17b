import { createRoute } from '@hono/zod-openapi';
import { ReplicationSlotPath } from '../parameters.ts';
import { ReplicationSlot } from '../resources/replication-slot.ts';
import { SECURED, errors, headerParameters, json } from '../responses.ts';

export const restoreReplicationSlot = createRoute({
  operationId: 'restoreReplicationSlot',
  method: 'post',
  path: '/v1/projects/{project_id}/databases/{database_id}/replication-slots/{slot_id}/restore',
  tags: ['Replication slots'],
  summary: 'Restore a deleted replication slot',
  description:
    'Brings its registration back as it was, within 30 days, unless the slot is registered again. The upstream is not touched: `getReplicationSlot` says whether the slot is still there.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: ReplicationSlotPath },
  responses: {
    200: json(ReplicationSlot, 'The replication slot as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413),
  },
});
