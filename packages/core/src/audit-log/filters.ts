import type { AuditFilters } from '@headgate/schema';
import { invalidInput } from '../errors.ts';
import { POLICY } from '../policy.ts';
import { selectEntries } from './row.ts';

/** Whose log is read: that of an organization, or of one project in it. */
export interface Log {
  readonly org_id: string;
  readonly projectId?: string | undefined;
}

/** The entries of a log that the filters let through. */
export function selectLogged({ org_id: orgId, projectId }: Log, filters: AuditFilters) {
  const { actor_id, action, resource_kind, resource_id, created_after, created_before } = filters;
  let entries = selectEntries.where('org_id', '=', orgId);
  const project = projectId ?? filters.project_id;
  if (project !== undefined) entries = entries.where('project_id', '=', project);
  if (actor_id !== undefined) entries = entries.where('actor_id', '=', actor_id);
  if (action !== undefined) entries = entries.where('action', '=', action);
  if (resource_kind !== undefined) entries = entries.where('resource_kind', '=', resource_kind);
  if (resource_id !== undefined) entries = entries.where('resource_id', '=', resource_id);
  if (created_after !== undefined) entries = entries.where('created_at', '>=', created_after);
  if (created_before !== undefined) entries = entries.where('created_at', '<', created_before);
  return entries;
}

/**
 * The filters alone, in one order, out of whatever they came with: what tells one listing from another.
 *
 * @throws HeadgateError INVALID_INPUT for an action that there is not: a slip would look as if nothing had happened
 */
export function filtersOf(input: AuditFilters): AuditFilters {
  checkAction(input.action);
  const { actor_id, action, resource_kind, resource_id, created_after, created_before, project_id } = input;
  const all = { actor_id, action, resource_kind, resource_id, created_after, created_before, project_id };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** What changes nothing and shows no secret leaves no entry. */
const RECORDED = Object.keys(POLICY).filter(
  (action) => !/\.(get|list|verify)$/.test(action) || action === 'customDomain.verify',
);

function checkAction(action: string | undefined): void {
  if (action === undefined || RECORDED.includes(action)) return;
  throw invalidInput([{ field: 'action', message: `must be one of ${RECORDED.join(', ')}` }]);
}
