import type { TenantTransaction } from '@headgate/db';
import { mayReveal, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { openPassword } from '../databases/password.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { invalidInput } from '../errors.ts';
import type { Action } from '../policy.ts';
import { steeredBy, type Destination } from '../upstream/steering.ts';

interface Check<A extends Action> {
  /** Whose password a replica is reached with. */
  readonly database: Authorized<DatabaseRow, A>;
  /** Where the password goes already, and where it would go. */
  readonly from: Destination;
  readonly to: Destination;
  /** The password as the caller knows it. */
  readonly password: string | undefined;
}

/**
 * Holds the password that comes with a replica against that of its database, which it has to be; and asks for it where
 * the stored one would be sent elsewhere than where it was stored for, unless the caller may read it anyhow.
 *
 * @throws HeadgateError INVALID_INPUT, in the same words whether it is missing or wrong
 */
export async function checkPassword<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { database, from, to, password }: Check<A>,
): Promise<void> {
  const isNeeded = steeredBy(from, to).length > 0 && !mayReveal(ctx, database);
  if (password === undefined && !isNeeded) return;
  const stored = password === undefined ? undefined : await openPassword(ctx, { run }, database);
  if (password !== undefined && stored !== undefined && isSame(ctx, stored, password)) return;
  const message =
    'must be the password of the database: the stored one is sent only where it was stored for, unless the caller holds secrets:read';
  throw invalidInput([{ field: 'password', message }]);
}

/** In a time that tells nothing of where they differ. */
function isSame({ vault }: Context, stored: string, given: string): boolean {
  return vault.matches(vault.fingerprint(stored), given);
}
