import type { Context, Organization } from './context.ts';
import { HeadgateError, notFound, shorten } from './errors.ts';
import { permits, scopeOf, type Action } from './policy.ts';

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

/** A row that was looked for, behind the tenant wall. */
interface Found<R> {
  readonly row: R | undefined;
  /** What was looked for, in the words of an answer. */
  readonly what: string;
  /** The project that it is, or lies in. */
  readonly projectId: string;
}

/**
 * Holds a row against what the caller may do with it: by its role in the row's organization, and by the scopes and the
 * project of its key.
 *
 * @throws HeadgateError NOT_FOUND when there is none, or none for this caller; FORBIDDEN when it may not do this
 */
export function authorizeRow<R extends Owned, A extends Action>(
  ctx: Context,
  { row, what, projectId }: Found<R>,
  action: A,
): Authorized<R, A> {
  if (row === undefined || !reaches(ctx, projectId)) throw notFound(what);
  const organization = ctx.actor.organizations.find(({ id }) => id === row.org_id);
  // The wall lets only rows of the actor's organizations through; a row without one would be a hole in it.
  if (organization === undefined) throw new Error('a row of a foreign organization passed the tenant wall');
  checkPermitted(ctx, organization, action);
  return row as Authorized<R, A>;
}

/** Whether a project exists for the caller: for the key of another one it does not. */
export function reaches({ actor }: Context, projectId: string): boolean {
  return actor.kind !== 'api_key' || actor.projectId === null || actor.projectId === projectId;
}

const MAX_LISTED_CHARS = 300;

/**
 * The organization that a caller names, when it belongs to it and may do this there. A key of one project may do
 * nothing in the whole organization.
 *
 * @throws HeadgateError FORBIDDEN, in the same words for a foreign organization and for one that does not exist
 */
export function authorizeOrganization<A extends Action>(
  ctx: Context,
  orgId: string,
  action: A,
): Authorized<Owned, A> {
  const authorized = authorizeMember(ctx, orgId, action);
  const { actor } = ctx;
  if (actor.kind === 'api_key' && actor.projectId !== null) {
    throw new HeadgateError(
      'FORBIDDEN',
      `This key is for the project ${actor.projectId}; ${action} needs a key of the organization (hgo_…).`,
    );
  }
  return authorized;
}

/** The same for an action whose verb shows the key of one project that project alone. */
export function authorizeMember<A extends Action>(
  ctx: Context,
  orgId: string,
  action: A,
): Authorized<Owned, A> {
  const { actor } = ctx;
  const organization = actor.organizations.find(({ id }) => id === orgId);
  if (organization === undefined) {
    const own = shorten(actor.organizations.map(({ id }) => id).join(', '), MAX_LISTED_CHARS);
    const remedy = own === '' ? 'Your token lists none.' : `Yours: ${own}.`;
    throw new HeadgateError('FORBIDDEN', `org_id is not one of your organizations. ${remedy}`);
  }
  checkPermitted(ctx, organization, action);
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

/** Whether who may do one thing to a row may see the password that is stored there as well. */
export function mayReveal(ctx: Context, row: Authorized<Owned, Action>): boolean {
  const organization = ctx.actor.organizations.find(({ id }) => id === row.org_id);
  return organization !== undefined && whyNot(ctx, organization, 'database.reveal') === undefined;
}

function checkPermitted(ctx: Context, organization: Organization, action: Action): void {
  const refusal = whyNot(ctx, organization, action);
  if (refusal !== undefined) throw new HeadgateError('FORBIDDEN', refusal);
}

/** Why someone may not do this in an organization, with the remedy; undefined for who may. */
function whyNot({ actor }: Context, organization: Organization, action: Action): string | undefined {
  if (actor.kind === 'operator') return undefined;
  const scope = scopeOf(action);
  if (actor.kind === 'api_key' && (scope === undefined || !actor.scopes.includes(scope)))
    return `This key does not hold the scope ${scope}, which ${action} needs. Create a key that does.`;
  if (!permits(organization.role, action))
    return `Your role in this organization (${organization.role}) does not permit ${action}. Ask an owner or admin.`;
  return undefined;
}
