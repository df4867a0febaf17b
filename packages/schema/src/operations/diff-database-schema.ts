import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { SchemaDiff, SchemaDiffQuery } from '../resources/schema-diff.ts';
import { SECURED, errors, json } from '../responses.ts';

export const diffDatabaseSchema = createRoute({
  operationId: 'diffDatabaseSchema',
  method: 'get',
  path: '/v1/projects/{project_id}/databases/{database_id}/schema/diff',
  tags: ['Schemas'],
  summary: 'Compare two snapshots of a schema',
  description:
    'What was added, removed and changed from one snapshot to another of the same database, whichever was taken first: schemas, then types, then relations, each by name. What was renamed is told as removed and added. Estimates are not compared. What one of the two does not tell of is in `not_compared`, and no change.',
  security: SECURED,
  request: { params: DatabasePath, query: SchemaDiffQuery },
  responses: { 200: json(SchemaDiff, 'The changes.'), ...errors(400, 401, 403, 404) },
});
