import { createRoute } from '@hono/zod-openapi';
import type { z } from '@hono/zod-openapi';
import { oneOf, text } from '../fields.ts';
import { MAX_ORGANIZATION_ID_CHARS } from '../limits.ts';
import { PageQuery } from '../parameters.ts';
import { ProjectList } from '../resources/project.ts';
import { SECURED, errors, json } from '../responses.ts';

export const PROJECT_SORTS = ['created_at', 'name', 'active_connections'] as const;

export const listProjects = createRoute({
  operationId: 'listProjects',
  method: 'get',
  path: '/v1/projects',
  tags: ['Projects'],
  summary: 'List the projects of an organization',
  description: 'Newest first, or by name. Deleted projects are not listed.',
  security: SECURED,
  request: {
    query: PageQuery.extend({
      org_id: text({ min: 1, max: MAX_ORGANIZATION_ID_CHARS }).openapi({
        description: 'The organization, one of those in your token.',
        example: 'org_demo',
      }),
      sort_by: oneOf(PROJECT_SORTS).default('created_at').openapi({
        description:
          'The order of the list. `active_connections` is the order of creation until a data plane reports connections.',
      }),
    }),
  },
  responses: { 200: json(ProjectList, 'A page of projects.'), ...errors(400, 401, 403) },
});
export type ListProjectsQuery = z.infer<typeof listProjects.request.query>;
