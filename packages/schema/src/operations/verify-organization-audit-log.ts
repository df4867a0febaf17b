import { createRoute } from '@hono/zod-openapi';
import { MAX_AUDIT_ENTRIES_VERIFIED, MAX_AUDIT_FINDINGS } from '../limits.ts';
import { OrganizationPath } from '../parameters.ts';
import { AuditVerification, VerifyAuditLogQuery } from '../resources/audit-verification.ts';
import { SECURED, errors, json } from '../responses.ts';

export const verifyOrganizationAuditLog = createRoute({
  operationId: 'verifyOrganizationAuditLog',
  method: 'post',
  path: '/v1/organizations/{org_id}/audit-log/verify',
  tags: ['Audit log'],
  summary: 'Verify the audit log of an organization',
  description:
    'Walks the chain from its beginning, holds each entry against its hash, the hash of the entry before it and its ' +
    'MAC, and the end against what was sealed under a key that is not in the database. It tells of entries that were ' +
    'altered, removed, moved or put in. It changes no entry. What it cannot see, done by whoever can write to the ' +
    'database: an older state that was put back; entries that are gone together with the head of the chain, whether ' +
    'all of an organization or some, the rest being taken out of the chain; and an entry that was removed before it ' +
    'was chained, which takes some seconds. Keep `head` elsewhere, and compare: it tells of the first two. ' +
    `A request checks up to ${MAX_AUDIT_ENTRIES_VERIFIED} entries and tells of up to ${MAX_AUDIT_FINDINGS} findings; ` +
    'ask again with `next_page_token` to go on.',
  security: SECURED,
  request: { params: OrganizationPath, query: VerifyAuditLogQuery },
  responses: {
    200: json(AuditVerification, 'What was found.'),
    ...errors(400, 401, 403, 413),
  },
});
