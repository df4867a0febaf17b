import { createRoute } from '@hono/zod-openapi';
import { Readiness } from '../resources/health.ts';
import { errors, json } from '../responses.ts';

/** The one operation whose 503 is not the error envelope: its reader is a supervisor that asks what is not ready. */
export const getReadiness = createRoute({
  operationId: 'getReadiness',
  method: 'get',
  path: '/readyz',
  tags: ['Health'],
  summary: 'Readiness for load balancers',
  description: 'Answers 503 while requests would fail here: send them to another instance.',
  security: [],
  responses: {
    200: json(Readiness, 'Send requests.'),
    429: errors()[429],
    500: errors()[500],
    503: json(Readiness, 'Send no requests; `checks` says why.', 'RetryAfter'),
  },
});
