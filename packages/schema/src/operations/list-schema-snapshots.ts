import { createRoute } from '@hono/zod-openapi';
import { DatabasePath, PageQuery } from '../parameters.ts';
import { SchemaSnapshotList } from '../resources/schema-snapshot.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listSchemaSnapshots = createRoute({
  operationId: 'listSchemaSnapshots',
  method: 'get',
  path: '/v1/projects/{project_id}/databases/{database_id}/schema/snapshots',
  tags: ['Schemas'],
  summary: 'List the snapshots of a schema',
  description: 'Newest first, without what they hold.',
  security: SECURED,
  request: { params: DatabasePath, query: PageQuery },
  responses: { 200: json(SchemaSnapshotList, 'A page of snapshots.'), ...errors(400, 401, 403, 404) },
});
