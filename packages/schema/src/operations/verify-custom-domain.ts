import { createRoute } from '@hono/zod-openapi';
import { DomainPath } from '../parameters.ts';
import { CustomDomainVerification } from '../resources/custom-domain.ts';
import { SECURED, errors, headerParameters, json } from '../responses.ts';

export const verifyCustomDomain = createRoute({
  operationId: 'verifyCustomDomain',
  method: 'post',
  path: '/v1/projects/{project_id}/domains/{domain_id}/verify',
  tags: ['Custom domains'],
  summary: 'Verify a custom domain',
  description: [
    'Asks DNS for the TXT and the CNAME record, and answers what was expected and what was found. When both are right, the domain is verified.',
    'Keep the records: when a verified domain is verified again and DNS says that they are gone, it is not verified any more. When DNS does not answer, nothing changes.',
    'A name that is verified in another project is a 409, and only once your records are right.',
    'Send a new `Idempotency-Key` for each try: the same one gets the first answer again.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DomainPath },
  responses: {
    200: json(
      CustomDomainVerification,
      'What DNS says, also when it is not verified.',
      'IdempotencyReplayed',
    ),
    ...errors(400, 401, 403, 404, 409, 413),
  },
});
