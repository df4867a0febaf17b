import type { Context, Organization } from './context.ts';
import { HeadgateError, shorten } from './errors.ts';
import { permits, type Action } from './policy.ts';

declare const authorized: unique symbol;

/**
 * A row that was looked up for a caller who may do this to it, or what is made inside such a row. Whatever is written
 * is written on one (see `mutate`), and never on a bare id: to forget the check, or to check for another action than
 * the one that is carried out, does not compile.
 */
export type Authorized<R, A extends Action> = R & { readonly [authorized]: A };

interface Owned {
  readonly org_id: string;
}

/** Holds a row that the tenant wall has let through against the caller's role in its organization. */
export function authorizeRow<R extends Owned, A extends Action>(
  ctx: Context,
  row: R,
  action: A,
): Authorized<R, A> {
  const organization = ctx.actor.organizations.find(({ id }) => id === row.org_id);
  // The wall lets only rows of the actor's organizations through; a row without one would be a hole in it.
  if (organization === undefined) throw new Error('a row of a foreign organization passed the tenant wall');
  checkRole(organization, action);
  return row as Authorized<R, A>;
}

const MAX_LISTED_CHARS = 300;

/**
 * The organization that a caller names, when it belongs to it and may do this there.
 *
 * @throws HeadgateError FORBIDDEN, in the same words for a foreign organization and for one that does not exist
 */
export function authorizeOrganization<A extends Action>(
  { actor }: Context,
  orgId: string,
  action: A,
): Authorized<Owned, A> {
  const organization = actor.organizations.find(({ id }) => id === orgId);
  if (organization === undefined) {
    const own = shorten(actor.organizations.map(({ id }) => id).join(', '), MAX_LISTED_CHARS);
    const remedy = own === '' ? 'Your token lists none.' : `Your token lists: ${own}.`;
    throw new HeadgateError('FORBIDDEN', `org_id is not one of your organizations. ${remedy}`);
  }
  checkRole(organization, action);
  return { org_id: organization.id } as Authorized<Owned, A>;
}

/** What is made anew inside something that is authorized. */
export function inside<R extends Owned, A extends Action>(
  owner: Authorized<Owned, A>,
  row: R,
): Authorized<R, A> {
  if (row.org_id !== owner.org_id)
    throw new Error('a new row belongs to another organization than its owner');
  return row as Authorized<R, A>;
}

function checkRole(organization: Organization, action: Action): void {
  if (!permits(organization.role, action)) {
    throw new HeadgateError(
      'FORBIDDEN',
      `Your role in this organization (${organization.role}) does not permit ${action}. Ask an owner or admin.`,
    );
  }
}
