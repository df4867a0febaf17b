import { query, type Store } from '@headgate/db';
import { sql } from 'kysely';
import type { User } from '../context.ts';

/**
 * Learns from a user's token what the issuer says of the user's roles now, for the keys that act with them: also that
 * an organization is not named any more. An older token changes nothing that a newer one has told.
 */
export async function learnRoles({ store }: { readonly store: Store }, user: User): Promise<void> {
  const ids = user.organizations.map(({ id }) => id);
  const roles = user.organizations.map(({ role }) => role);
  const told = sql<User['organizations'][number]['role'] | null>`(
    select told.role from unnest(${ids}::text[], ${roles}::text[]) with ordinality as told (org_id, role, place)
    where told.org_id = api_keys.org_id order by told.place limit 1
  )`;
  await store.maintain(
    query
      .updateTable('api_keys')
      .set({ owner_role: told, owner_told_at: user.toldAt })
      .where('owner_id', '=', user.id)
      .where('revoked_at', 'is', null)
      .where('owner_told_at', '<=', user.toldAt)
      .where((eb) => eb('owner_told_at', '<', user.toldAt).or('owner_role', 'is distinct from', told)),
  );
}
