import { createRoute } from '@hono/zod-openapi';
import { PageQuery, ProjectPath } from '../parameters.ts';
import { CertificateList } from '../resources/certificate.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listCertificates = createRoute({
  operationId: 'listCertificates',
  method: 'get',
  path: '/v1/projects/{project_id}/certificates',
  tags: ['Certificates'],
  summary: 'List the certificates of a project',
  description: 'Newest first, with what they say and without the PEM. Deleted certificates are not listed.',
  security: SECURED,
  request: { params: ProjectPath, query: PageQuery },
  responses: { 200: json(CertificateList, 'A page of certificates.'), ...errors(400, 401, 403, 404) },
});
