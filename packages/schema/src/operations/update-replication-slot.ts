import { createRoute } from '@hono/zod-openapi';
import { ReplicationSlotPath } from '../parameters.ts';
import { ReplicationSlot, UpdateReplicationSlot } from '../resources/replication-slot.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const updateReplicationSlot = createRoute({
  operationId: 'updateReplicationSlot',
  method: 'patch',
  path: '/v1/projects/{project_id}/databases/{database_id}/replication-slots/{slot_id}',
  tags: ['Replication slots'],
  summary: 'Change a replication slot',
  description:
    'Its status can be changed; another slot, publication or primary is a 400. The upstream is not touched: a slot that is disabled keeps WAL there until it is dropped.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey', 'IfMatch'),
  request: { params: ReplicationSlotPath, body: jsonBody(UpdateReplicationSlot) },
  responses: {
    200: json(ReplicationSlot, 'The replication slot as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 412, 413, 415),
  },
});
