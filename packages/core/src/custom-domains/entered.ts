import type { CustomDomain } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { AuditEntry } from '../audit.ts';
import type { Context } from '../context.ts';
import { customDomainEtag, customDomainSummary, customDomainView, type CustomDomainRow } from './row.ts';

/** What is told of a domain that a project has from now on, whether anew or again: in the audit log, and to the caller. */
export function entered(
  { settings }: Pick<Context, 'settings'>,
  action: 'customDomain.create' | 'customDomain.restore',
  row: CustomDomainRow,
): { readonly audit: readonly AuditEntry[]; readonly answer: Answer<CustomDomain> } {
  const { id, org_id: orgId, project_id: projectId } = row;
  const resource = { kind: 'custom_domain' as const, id };
  return {
    audit: [{ action, orgId, projectId, resource, after: customDomainSummary(row, settings) }],
    answer: { view: customDomainView(row, settings), etag: customDomainEtag(row) },
  };
}
