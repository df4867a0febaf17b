import { createRoute } from '@hono/zod-openapi';
import { MAX_SNAPSHOTS_PER_DATABASE } from '../limits.ts';
import { DatabasePath } from '../parameters.ts';
import { IntrospectDatabase, SchemaSnapshot } from '../resources/schema-snapshot.ts';
import { SECURED, errors, headerParameters, json, optionalJsonBody } from '../responses.ts';

export const introspectDatabase = createRoute({
  operationId: 'introspectDatabase',
  method: 'post',
  path: '/v1/projects/{project_id}/databases/{database_id}/introspect',
  tags: ['Schemas'],
  summary: 'Take a snapshot of a schema',
  description: [
    `Reads from the upstream, of one moment, what the database is made of, and keeps it: the last ${MAX_SNAPSHOTS_PER_DATABASE} snapshots are kept. Read it with \`getDatabaseSchema\`.`,
    'Any role of the upstream that may connect is enough. What it may not see, and what is being altered, is in `skipped`; what is beyond the bounds is left out, and `truncated` says so. The server must be PostgreSQL 12 or later.',
    'When the upstream cannot be read the answer is a 422 that says why, step by step; when none of the `schemas` that are asked for exists, a 400.',
    'Send a new `Idempotency-Key` for each try: the same one gets the first answer again.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DatabasePath, body: optionalJsonBody(IntrospectDatabase) },
  responses: {
    201: json(
      SchemaSnapshot,
      'What was taken, without what it holds.',
      'ETag',
      'Location',
      'IdempotencyReplayed',
    ),
    ...errors(400, 401, 403, 404, 409, 413, 415, 422),
  },
});
