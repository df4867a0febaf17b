import { createRoute } from '@hono/zod-openapi';
import { DatabaseOnlyPath, VerifyQuery } from '../parameters.ts';
import { CreateReplica, Replica } from '../resources/replica.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const createReplica = createRoute({
  operationId: 'createReplica',
  method: 'post',
  path: '/v1/databases/{database_id}/replicas',
  tags: ['Replicas'],
  summary: 'Register a replica',
  description:
    'Registers a read replica of a database, which is reached with the name, user and password of the database. The database must be configured. Unless you hold `secrets:read`, give its password: the stored one is not sent to another host or port, or over weaker TLS, than it was stored for.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DatabaseOnlyPath, query: VerifyQuery, body: jsonBody(CreateReplica) },
  responses: {
    201: json(Replica, 'The replica.', 'ETag', 'Location', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415, 422),
  },
});
