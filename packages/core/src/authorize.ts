import type { Context, Organization } from './context.ts';
import { HeadgateError } from './errors.ts';
import { permits, type Action } from './policy.ts';

declare const authorized: unique symbol;

/**
 * A row that was looked up for a caller who may do something to it. Functions that write take this and never a bare
 * id: to forget the check does not compile.
 */
export type Authorized<R> = R & { readonly [authorized]: true };

/** Holds a row that the tenant wall has let through against the caller's role in its organization. */
export function authorizeRow<R extends { org_id: string }>(
  ctx: Context,
  row: R,
  action: Action,
): Authorized<R> {
  const organization = ctx.actor.organizations.find(({ id }) => id === row.org_id);
  // The wall lets only rows of the actor's organizations through; a row without one would be a hole in it.
  if (organization === undefined) throw new Error('a row of a foreign organization passed the tenant wall');
  checkRole(organization, action);
  return row as Authorized<R>;
}

/**
 * The organization that a caller names, when it belongs to it and may do this there.
 *
 * @throws HeadgateError FORBIDDEN, in the same words for a foreign organization and for one that does not exist
 */
export function authorizeOrganization(ctx: Context, orgId: string, action: Action): Authorized<Organization> {
  const organization = ctx.actor.organizations.find(({ id }) => id === orgId);
  if (organization === undefined) {
    throw new HeadgateError(
      'FORBIDDEN',
      'org_id is not one of your organizations. Use one that your token lists.',
    );
  }
  checkRole(organization, action);
  return organization as Authorized<Organization>;
}

function checkRole(organization: Organization, action: Action): void {
  if (!permits(organization.role, action)) {
    throw new HeadgateError(
      'FORBIDDEN',
      `Your role in this organization (${organization.role}) does not permit ${action}. Ask an owner or admin.`,
    );
  }
}
