import { createRoute } from '@hono/zod-openapi';
import { MAX_CERTIFICATES_PER_PROJECT } from '../limits.ts';
import { ProjectPath } from '../parameters.ts';
import { Certificate, CreateCertificate } from '../resources/certificate.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const createCertificate = createRoute({
  operationId: 'createCertificate',
  method: 'post',
  path: '/v1/projects/{project_id}/certificates',
  tags: ['Certificates'],
  summary: 'Add a certificate',
  description: `A bundle of authorities, or a client certificate with its key, for the databases and replicas of the project that name it. It never changes: add its successor, and name that one. A client certificate that has expired is refused, and so is a bundle of which all have. A project has at most ${MAX_CERTIFICATES_PER_PROJECT}.`,
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: ProjectPath, body: jsonBody(CreateCertificate) },
  responses: {
    201: json(Certificate, 'The certificate.', 'ETag', 'Location', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415),
  },
});
