import { prepare, type TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeOrganization, inside, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { ADMINS, type Action } from '../policy.ts';
import { restorableSince } from '../time.ts';
import { selectApiKeys, type ApiKeyRow } from './row.ts';

/** How a key is named: by its own id under its organization's. */
export interface ApiKeyPath {
  readonly orgId: string;
  readonly keyId: string;
}

interface Lookup<A extends Action> extends ApiKeyPath {
  readonly action: A;
  /** To read it; or to revoke it, which holds it. Both find one that was revoked of late too. */
  readonly to: keyof typeof FIND;
}

const byPath = (id: string, orgId: string, since: Date) =>
  selectApiKeys
    .where('id', '=', id)
    .where('org_id', '=', orgId)
    .where((eb) => eb('revoked_at', 'is', null).or('revoked_at', '>', since));

const FIND = {
  read: prepare(byPath),
  revoke: prepare((id: string, orgId: string, since: Date) => byPath(id, orgId, since).forNoKeyUpdate()),
};

/**
 * The user whose keys alone exist for the caller; undefined for those who answer for the organization, to whom all of
 * its keys do.
 */
export function onlyOwner({ actor }: Context, orgId: string): string | undefined {
  const role = actor.organizations.find(({ id }) => id === orgId)?.role;
  return role !== undefined && ADMINS.includes(role) ? undefined : userOf(actor);
}

/** The user who acts, or for whom a key does. */
export function userOf(actor: Context['actor']): string {
  return actor.kind === 'api_key' ? actor.ownerId : actor.id;
}

/**
 * Finds a key for a caller who may do this to it.
 *
 * @throws HeadgateError FORBIDDEN when the organization is not the caller's or the role is too weak, NOT_FOUND when
 *   there is no such key in it or it is another member's
 */
export async function lookupApiKey<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { orgId, keyId, action, to }: Lookup<A>,
): Promise<Authorized<ApiKeyRow, A>> {
  const organization = authorizeOrganization(ctx, orgId, action);
  const [row] = isId('key', keyId) ? await run(FIND[to](keyId, orgId, restorableSince(ctx.clock))) : [];
  const owner = onlyOwner(ctx, orgId);
  if (row === undefined || (owner !== undefined && row.owner_id !== owner)) throw notFound('API key');
  return inside(organization, row);
}
