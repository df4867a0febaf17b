import { query, type Members, type Store } from '@headgate/db';
import type { Insertable } from 'kysely';
import type { User } from '../context.ts';

/**
 * Learns from a user's token what the issuer says of the user's roles now, for the keys that act with them: also that
 * an organization is not named any more. An older token changes nothing that a newer one has told.
 */
export async function learnRoles({ store }: { readonly store: Store }, user: User): Promise<void> {
  const told_at = user.toldAt;
  // Of two entries of one organization the first counts, here as everywhere.
  const roles = new Map(user.organizations.toReversed().map(({ id, role }) => [id, role]));
  const members = [...roles].map(([org_id, role]) => ({ org_id, user_id: user.id, role, told_at }));
  await store.transactAsUser(user.id, async (tx) => {
    const left = query
      .updateTable('members')
      .set({ role: null, told_at })
      .where('user_id', '=', user.id)
      .where('told_at', '<=', told_at);
    await Promise.all([
      tx.run(members.length === 0 ? left : left.where('org_id', 'not in', [...roles.keys()])),
      ...(members.length === 0 ? [] : [tx.run(tellMembers(members))]),
    ]);
  });
}

/** The statement that writes down roles as they were told, where nothing newer was. */
export function tellMembers(members: readonly Insertable<Members>[]) {
  return query
    .insertInto('members')
    .values([...members])
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'org_id'])
        .doUpdateSet((eb) => ({ role: eb.ref('excluded.role'), told_at: eb.ref('excluded.told_at') }))
        .whereRef('members.told_at', '<=', 'excluded.told_at'),
    );
}
