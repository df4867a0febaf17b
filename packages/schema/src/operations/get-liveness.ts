import { createRoute } from '@hono/zod-openapi';
import { Liveness } from '../resources/health.ts';
import { errors, json } from '../responses.ts';

export const getLiveness = createRoute({
  operationId: 'getLiveness',
  method: 'get',
  path: '/livez',
  tags: ['Health'],
  summary: 'Liveness for supervisors',
  description: 'Answers as long as the process runs; restart it when this fails.',
  security: [],
  responses: { 200: json(Liveness, 'It lives.'), ...errors() },
});
