import { createRoute, z } from '@hono/zod-openapi';
import { ReplicationSlotPath, flag } from '../parameters.ts';
import { SECURED, empty, errors, headerParameters } from '../responses.ts';

const DeleteQuery = z.strictObject({
  drop: flag('Whether to drop the slot on the upstream too, with all that is kept there for its reader.'),
});

export const deleteReplicationSlot = createRoute({
  operationId: 'deleteReplicationSlot',
  method: 'delete',
  path: '/v1/projects/{project_id}/databases/{database_id}/replication-slots/{slot_id}',
  tags: ['Replication slots'],
  summary: 'Delete a replication slot',
  description: [
    'Only its registration, unless `drop=true` asks for more: then the slot is dropped on the upstream first, and nothing is deleted when that fails. The publication is never dropped. A slot that something reads is a 409; one that is gone already is no error.',
    'The registration can be restored for 30 days, then it is purged. A slot that is not dropped keeps WAL on its server.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IfMatch'),
  request: { params: ReplicationSlotPath, query: DeleteQuery },
  responses: { 204: empty('It is deleted.'), ...errors(400, 401, 403, 404, 409, 412, 422) },
});
