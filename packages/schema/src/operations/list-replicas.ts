import { createRoute } from '@hono/zod-openapi';
import { MAX_UNPAGED_REPLICAS } from '../limits.ts';
import { DatabaseOnlyPath, OptionalPageQuery } from '../parameters.ts';
import { ReplicaList } from '../resources/replica.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listReplicas = createRoute({
  operationId: 'listReplicas',
  method: 'get',
  path: '/v1/databases/{database_id}/replicas',
  tags: ['Replicas'],
  summary: 'List the replicas of a database',
  description: `Newest first. Without page parameters all of them, up to ${MAX_UNPAGED_REPLICAS}. Deleted replicas are not listed.`,
  security: SECURED,
  request: { params: DatabaseOnlyPath, query: OptionalPageQuery },
  responses: { 200: json(ReplicaList, 'The replicas, or a page of them.'), ...errors(400, 401, 403, 404) },
});
