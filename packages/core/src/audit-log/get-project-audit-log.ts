import type { AuditFilters, AuditLog } from '@headgate/schema';
import type { Verb } from '../context.ts';
import type { PageInput } from '../page.ts';
import { listEntries } from './list-entries.ts';
import { lookupLoggedProject } from './lookup-logged-project.ts';

type GetProjectAuditLog = PageInput & Omit<AuditFilters, 'project_id'> & { readonly projectId: string };

/** What was done in a project, newest first. */
export async function getProjectAuditLog({ ctx, input }: Verb<GetProjectAuditLog>): Promise<AuditLog> {
  const project = await lookupLoggedProject(ctx, input.projectId, 'projectAuditLog.get');
  return await listEntries(ctx, { org_id: project.org_id, projectId: project.id }, input);
}
