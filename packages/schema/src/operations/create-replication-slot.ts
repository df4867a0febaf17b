import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { CreateReplicationSlot, CreatedReplicationSlot } from '../resources/replication-slot.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const createReplicationSlot = createRoute({
  operationId: 'createReplicationSlot',
  method: 'post',
  path: '/v1/projects/{project_id}/databases/{database_id}/replication-slots',
  tags: ['Replication slots'],
  summary: 'Register a replication slot',
  description: [
    'Registers a logical replication slot of the upstream with the publication that it is read with. Both are looked at first: what cannot be used is a 422, whose `checks` say what is wrong, each under a code of its own, and what to do.',
    'With `create_if_missing` what is missing is made: the publication (on `primary` where the database is a standby), and the slot after it. What was made is undone when it does not come to a good end; nothing else is ever dropped.',
    'A slot of an upstream is registered once: a second time is a 409. It takes 20 s at most.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DatabasePath, body: jsonBody(CreateReplicationSlot) },
  responses: {
    201: json(CreatedReplicationSlot, 'The replication slot.', 'ETag', 'Location', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415, 422),
  },
});
