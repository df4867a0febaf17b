import { createRoute } from '@hono/zod-openapi';
import { PageQuery, ProjectPath } from '../parameters.ts';
import { DatabaseList } from '../resources/database.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listDatabases = createRoute({
  operationId: 'listDatabases',
  method: 'get',
  path: '/v1/projects/{project_id}/databases',
  tags: ['Databases'],
  summary: 'List the databases of a project',
  description: 'Newest first. Deleted databases are not listed.',
  security: SECURED,
  request: { params: ProjectPath, query: PageQuery },
  responses: { 200: json(DatabaseList, 'A page of databases.'), ...errors(400, 401, 403, 404) },
});
