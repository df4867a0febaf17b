import { createRoute } from '@hono/zod-openapi';
import { RegionList } from '../resources/region.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listRegions = createRoute({
  operationId: 'listRegions',
  method: 'get',
  path: '/v1/regions',
  tags: ['Regions'],
  summary: 'List the regions',
  description: 'The regions that the operator offers for `pool_region`.',
  security: SECURED,
  responses: { 200: json(RegionList, 'The regions.'), ...errors(401) },
});
