import { createRoute } from '@hono/zod-openapi';
import { CertificatePath } from '../parameters.ts';
import { CertificateWithPem } from '../resources/certificate.ts';
import { SECURED, empty, errors, headerParameters, json } from '../responses.ts';

export const getCertificate = createRoute({
  operationId: 'getCertificate',
  method: 'get',
  path: '/v1/projects/{project_id}/certificates/{certificate_id}',
  tags: ['Certificates'],
  summary: 'Get a certificate',
  description: 'All that it says, and the PEM. The private key of a client certificate is never shown.',
  security: SECURED,
  parameters: headerParameters('IfNoneMatch'),
  request: { params: CertificatePath },
  responses: {
    200: json(CertificateWithPem, 'The certificate.', 'ETag'),
    304: empty('You hold the present version.', 'ETag'),
    ...errors(400, 401, 403, 404),
  },
});
