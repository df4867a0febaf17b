import { createRoute } from '@hono/zod-openapi';
import { Health } from '../resources/health.ts';
import { errors, json } from '../responses.ts';

export const getHealth = createRoute({
  operationId: 'getHealth',
  method: 'get',
  path: '/v1/health',
  tags: ['Health'],
  summary: 'Health for clients',
  description: 'Answers 200 while the process lives; `degraded` when requests would fail now.',
  security: [],
  responses: { 200: json(Health, 'The health of the service.'), ...errors() },
});
