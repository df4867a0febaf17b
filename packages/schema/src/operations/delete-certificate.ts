import { createRoute } from '@hono/zod-openapi';
import { CertificatePath } from '../parameters.ts';
import { SECURED, empty, errors, headerParameters } from '../responses.ts';

export const deleteCertificate = createRoute({
  operationId: 'deleteCertificate',
  method: 'delete',
  path: '/v1/projects/{project_id}/certificates/{certificate_id}',
  tags: ['Certificates'],
  summary: 'Delete a certificate',
  description:
    'Refused with 409 while a database or a replica names it. It can be restored for 30 days, and is then purged with its key.',
  security: SECURED,
  parameters: headerParameters('IfMatch'),
  request: { params: CertificatePath },
  responses: { 204: empty('It is deleted.'), ...errors(400, 401, 403, 404, 409, 412) },
});
