import { createRoute } from '@hono/zod-openapi';
import { DomainPath } from '../parameters.ts';
import { CustomDomain } from '../resources/custom-domain.ts';
import { SECURED, errors, headerParameters, json } from '../responses.ts';

export const restoreCustomDomain = createRoute({
  operationId: 'restoreCustomDomain',
  method: 'post',
  path: '/v1/projects/{project_id}/domains/{domain_id}/restore',
  tags: ['Custom domains'],
  summary: 'Restore a deleted custom domain',
  description:
    'Brings it back within 30 days, with the same DNS records. It is not verified then, since the name was free ' +
    'meanwhile: verify it again. A domain that went with its project comes back with it.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DomainPath },
  responses: {
    200: json(CustomDomain, 'The custom domain as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413),
  },
});
