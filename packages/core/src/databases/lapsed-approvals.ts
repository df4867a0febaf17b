import { prepare, query, type TenantTransaction } from '@headgate/db';
import type { Warning } from '@headgate/schema';
import type { DatabaseRow } from './row.ts';

const count = prepare((id: string, passwordId: string | null) =>
  query
    .selectFrom('replicas')
    .where('database_id', '=', id)
    .where('deleted_at', 'is', null)
    .where('approved_password_id', '<>', passwordId)
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('count')),
);

/**
 * The warning that replicas of a database are not approved for the password that it gets, where there are any. To be
 * asked on a database that is held: whoever approves a replica holds it too.
 */
export async function lapsedApprovals(
  { run }: Pick<TenantTransaction, 'run'>,
  { id, password_id: passwordId }: Pick<DatabaseRow, 'id' | 'password_id'>,
): Promise<Warning[]> {
  const [counted] = await run(count(id, passwordId));
  const lapsed = counted?.count ?? 0;
  if (lapsed === 0) return [];
  const who = lapsed === 1 ? '1 replica was' : `${lapsed} replicas were`;
  const message = `${who} approved for another password than the database has now, and get none until the password is given for them: PATCH each that says password_required with it.`;
  return [{ code: 'replicas_not_approved', message }];
}
