import { timingSafeEqual } from 'node:crypto';
import { prepare, query, type Store } from '@headgate/db';
import { type Id } from '@headgate/schema';
import type { ApiKeyBearer, Clock } from '../context.ts';
import { unauthorized } from '../errors.ts';
import { hashApiKey } from './token.ts';

const byHash = prepare((hash: string) =>
  query
    .selectFrom('api_keys')
    .leftJoin('members', (join) =>
      join.onRef('members.user_id', '=', 'api_keys.owner_id').onRef('members.org_id', '=', 'api_keys.org_id'),
    )
    .select([
      'api_keys.id',
      'api_keys.org_id',
      'api_keys.project_id',
      'api_keys.hash',
      'api_keys.scopes',
      'api_keys.owner_id',
      'api_keys.expires_at',
      'api_keys.revoked_at',
      'members.role',
      'members.told_at',
    ])
    .where('api_keys.hash', '=', hash),
);

/**
 * Who presents this key. Its row is read each time, so that a revocation, and a change of its owner's role, hold at once
 * on every instance.
 *
 * @throws HeadgateError UNAUTHORIZED, with the reason, when it is not a key that can be used now
 */
export async function identifyBearer(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  token: string,
): Promise<ApiKeyBearer> {
  const hash = hashApiKey(token);
  const [row] = await store.readAsBearer(hash, byHash(hash));
  if (row === undefined || !isEqual(row.hash, hash)) {
    throw unauthorized('There is no such API key, or it was revoked long ago. Create another.');
  }
  if (row.revoked_at !== null) throw unauthorized('The API key was revoked. Create another.');
  if (row.expires_at !== null && row.expires_at <= clock.now())
    throw unauthorized(`The API key expired at ${row.expires_at.toISOString()}. Create another.`);
  if (row.role === null || row.told_at === null) {
    throw unauthorized('The owner of the API key has left its organization. Have a member create another.');
  }
  return {
    kind: 'api_key',
    id: row.id as Id<'key'>,
    organizations: [{ id: row.org_id, role: row.role }],
    ownerId: row.owner_id,
    scopes: row.scopes,
    projectId: row.project_id,
    toldAt: row.told_at,
    expiresAt: row.expires_at,
  };
}

/** In a time that does not tell how much of them is equal. */
function isEqual(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
