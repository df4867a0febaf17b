import type { TenantTransaction } from '@headgate/db';
import { mayReveal, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { openPassword } from '../databases/password.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { invalidInput } from '../errors.ts';
import type { Action } from '../policy.ts';
import { steeredBy, type Destination } from '../upstream/steering.ts';
import { isApproved, type ReplicaRow } from './row.ts';

/** Which password of its database a replica may be sent: `approved_password_id` of its row says what it means. */
export type Approval = ReplicaRow['approved_password_id'];

interface Request<A extends Action> {
  /** Whose password a replica is reached with. */
  readonly database: Authorized<DatabaseRow, A>;
  /** Where the password goes already, and where it would go. */
  readonly from: Destination;
  readonly to: Destination;
  /** The password as the caller knows it. */
  readonly password: string | undefined;
  /** What is approved already; undefined for a new replica. */
  readonly approval?: Approval;
}

/**
 * What a replica is approved for once a request is carried out. The password that comes with it has to be that of the
 * database; and has to come where the stored one would be sent elsewhere than where it was stored for, unless the caller
 * may read it anyhow.
 *
 * Whoever gives the password approves that password alone, and not those that others store after it: anybody who may
 * change a database can make its password one that they know, have a replica of their own approved, and see to it that
 * the true one is put back. A caller who may read passwords approves every password, by making the replica, by steering
 * it or by giving the password. Any other change leaves the approval as it is, a lapsed one too.
 *
 * @throws HeadgateError INVALID_INPUT, in the same words whether the password is missing or wrong
 */
export async function approvalAfter<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { database, from, to, password, approval }: Request<A>,
): Promise<Approval> {
  const isSteered = steeredBy(from, to).length > 0;
  const isRevealer = mayReveal(ctx, database);
  const isRight = password !== undefined && isSame(ctx, await openPassword(ctx, { run }, database), password);
  if (password === undefined ? isSteered && !isRevealer : !isRight) {
    throw refuse(
      'must be the password of the database: the stored one is sent only where it was stored for, unless the caller holds secrets:read',
    );
  }
  const isNew = approval === undefined;
  // Every password includes this one: to give it anyhow takes nothing away.
  if (!isNew && !isSteered && (password === undefined || approval === null)) return approval;
  return isRevealer ? null : database.password_id;
}

/**
 * Holds a replica that is about to be reached against what it was approved for. A caller who may read the password may
 * have it sent there; that approves nothing for others.
 *
 * @throws HeadgateError INVALID_INPUT when the database has another password since, and the caller may not read it
 */
export function requireApproved<A extends Action>(
  ctx: Context,
  row: ReplicaRow,
  database: Authorized<DatabaseRow, A>,
): void {
  if (isApproved(row, database.password_id) || mayReveal(ctx, database)) return;
  throw refuse(
    'must be given again: the password of the database was changed since this replica was approved for it. A caller who holds secrets:read need not give it',
  );
}

function refuse(message: string): Error {
  return invalidInput([{ field: 'password', message }]);
}

/** In a time that tells nothing of where they differ. */
function isSame({ vault }: Context, stored: string | undefined, given: string): boolean {
  return stored !== undefined && vault.matches(vault.fingerprint(stored), given);
}
