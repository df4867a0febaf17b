import { prepare, query, type TenantTransaction } from '@headgate/db';
import type { Context } from '../context.ts';
import { conflict } from '../errors.ts';
import { passwordOwner } from './password.ts';

/**
 * Beside the credentials that are in force a database has two places for others: staged ones come into force in a
 * moment, previous ones can be put back for a while. All are versions of one secret and sealed for the same owner
 * (`passwordOwner`), so that they change places as they are.
 */
export const NO_STAGED_CREDENTIALS = {
  staged_username: null,
  staged_sealed_password: null,
  staged_sealing_key_id: null,
  staged_password_id: null,
  staged_at: null,
};

export const NO_PREVIOUS_CREDENTIALS = {
  previous_username: null,
  previous_sealed_password: null,
  previous_sealing_key_id: null,
  previous_password_id: null,
  previous_until: null,
};

const find = prepare((id: string) =>
  query
    .selectFrom('databases')
    .select([
      ...(['username', 'sealed_password', 'sealing_key_id', 'password_id'] as const),
      ...([
        'staged_username',
        'staged_sealed_password',
        'staged_sealing_key_id',
        'staged_password_id',
      ] as const),
      ...([
        'previous_username',
        'previous_sealed_password',
        'previous_sealing_key_id',
        'previous_password_id',
        'previous_until',
      ] as const),
    ])
    .where('id', '=', id),
);

/** All credentials of a database that was looked up, as they lie there. */
export async function readCredentials({ run }: Pick<TenantTransaction, 'run'>, databaseId: string) {
  const [row] = await run(find(databaseId));
  if (row === undefined) throw new Error('a database that was looked up is not there');
  return row;
}

type Credentials = Awaited<ReturnType<typeof readCredentials>>;

/**
 * What lies staged, as it comes into force: once the vault has opened it, and it is what was tested.
 *
 * @throws HeadgateError CONFLICT when it is another rotation's
 */
export async function openStaged(
  { vault }: Pick<Context, 'vault'>,
  databaseId: string,
  staged: Credentials,
  tested: { readonly username: string; readonly password: string },
) {
  const { staged_username: username, staged_sealed_password: sealed } = staged;
  const opened = sealed === null ? undefined : await vault.open(sealed, passwordOwner(databaseId));
  if (sealed === null || username !== tested.username || opened !== tested.password) {
    throw conflict(
      'Another rotation of the same credentials came between. Repeat yours if it is still wanted.',
    );
  }
  return {
    sealed_password: sealed,
    sealing_key_id: staged.staged_sealing_key_id,
    password_id: staged.staged_password_id,
  };
}

/** The credentials that are in force, as they lie once others have taken their place. */
export function toPrevious(credentials: Credentials, until: Date) {
  return {
    previous_username: credentials.username,
    previous_sealed_password: credentials.sealed_password,
    previous_sealing_key_id: credentials.sealing_key_id,
    previous_password_id: credentials.password_id,
    previous_until: until,
  };
}
