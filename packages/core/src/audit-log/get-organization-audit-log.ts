import type { AuditFilters, AuditLog } from '@headgate/schema';
import { authorizeOrganization } from '../authorize.ts';
import type { Verb } from '../context.ts';
import type { PageInput } from '../page.ts';
import { listEntries } from './list-entries.ts';

type GetOrganizationAuditLog = PageInput & AuditFilters & { readonly orgId: string };

/** What was done in an organization, newest first. */
export async function getOrganizationAuditLog({
  ctx,
  input,
}: Verb<GetOrganizationAuditLog>): Promise<AuditLog> {
  const organization = authorizeOrganization(ctx, input.orgId, 'organizationAuditLog.get');
  return await listEntries(ctx, organization, input);
}
