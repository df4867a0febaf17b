import { createRoute } from '@hono/zod-openapi';
import { CertificatePath } from '../parameters.ts';
import { Certificate } from '../resources/certificate.ts';
import { SECURED, errors, headerParameters, json } from '../responses.ts';

export const restoreCertificate = createRoute({
  operationId: 'restoreCertificate',
  method: 'post',
  path: '/v1/projects/{project_id}/certificates/{certificate_id}/restore',
  tags: ['Certificates'],
  summary: 'Restore a deleted certificate',
  description:
    'Brings it back as it was within 30 days. A certificate that went with its project comes back with it.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: CertificatePath },
  responses: {
    200: json(Certificate, 'The certificate as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413),
  },
});
