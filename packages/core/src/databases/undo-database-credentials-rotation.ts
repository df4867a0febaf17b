import { query, type TenantTransaction } from '@headgate/db';
import type { Database, Warning } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { REDACTED } from '../audit.ts';
import type { Context, Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { reader } from '../reader.ts';
import { later } from '../time.ts';
import { testedView } from '../upstream/check-connection.ts';
import { checkProposal } from './check-proposal.ts';
import { lapsedApprovals } from './lapsed-approvals.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import { NO_PREVIOUS_CREDENTIALS, NO_STAGED_CREDENTIALS, readCredentials } from './other-credentials.ts';
import { passwordOwner } from './password.ts';
import { databaseEtag, databaseView, type DatabaseRow } from './row.ts';
import { serverWarnings, withWarnings } from './warnings.ts';

const ACTION = 'databaseCredentialsRotation.undo';

/**
 * Puts the credentials back that were in force before the last rotation, and forgets those of the rotation. They are
 * tested, and put back also when they do not work any more: what is there now may work even less, and the answer warns.
 *
 * @throws HeadgateError CONFLICT when there are none, when their grace time is over, or when the database was changed at
 *   the same moment
 */
export async function undoDatabaseCredentialsRotation({
  ctx,
  input,
}: Verb<DatabasePath>): Promise<Answer<Database>> {
  const tested = await findOut(test(ctx, input));
  return await mutate(ctx, ACTION, async (tx) => {
    const database = await lookupDatabase(ctx, tx, { ...input, action: ACTION, to: 'change' });
    const { version, warnings, after } = tested();
    if (version !== database.version) {
      throw conflict('The database was changed at the same moment. Read it again and repeat the request.');
    }
    const previous = await readPrevious(ctx, tx, database);
    const { id, org_id: orgId, project_id: projectId } = database;
    const written = {
      username: previous.username,
      version: version + 1,
      updated_at: later(ctx.clock.now(), database.updated_at),
    };
    const row = { ...database, ...written };
    const { sealed, keyId, passwordId } = previous;
    const current = { sealed_password: sealed, sealing_key_id: keyId, password_id: passwordId };
    const lapsed = await lapsedApprovals(tx, { id, ...current });
    return {
      on: database,
      writes: [
        query
          .updateTable('databases')
          .set({ ...written, ...current, ...NO_PREVIOUS_CREDENTIALS, ...NO_STAGED_CREDENTIALS })
          .where('id', '=', id),
      ],
      audit: [
        {
          ...{ action: 'databaseCredentials.test', orgId, projectId, resource: { kind: 'database', id } },
          after,
        },
        {
          ...{ action: ACTION, orgId, projectId, resource: { kind: 'database', id } },
          before: { username: database.username },
          after: { username: previous.username, password: REDACTED },
        },
      ],
      answer: {
        view: withWarnings(databaseView(row, ctx.settings), [...warnings, ...lapsed]),
        etag: databaseEtag(row),
      },
    };
  });
}

/** @throws HeadgateError CONFLICT when there are none, or they cannot be put back any more */
async function readPrevious(
  { clock }: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { id }: Pick<DatabaseRow, 'id'>,
) {
  const {
    previous_username: username,
    previous_sealed_password: sealed,
    previous_sealing_key_id: keyId,
    previous_password_id: passwordId,
    previous_until: until,
  } = await readCredentials({ run }, id);
  if (username === null || sealed === null || until === null) {
    throw conflict(
      'There are no credentials to put back: none were rotated, their grace time is over, or the connection was changed since. Rotate to the ones that you want.',
    );
  }
  if (until <= clock.now()) {
    throw conflict(
      `The credentials before could be put back until ${until.toISOString()}. Rotate to the ones that you want.`,
    );
  }
  return { username, sealed, keyId, passwordId };
}

/** What came of trying the credentials that are to be put back, and what is told of it. */
interface Tried {
  readonly version: number;
  readonly warnings: readonly Warning[];
  readonly after: object;
}

async function test(ctx: Context, path: DatabasePath): Promise<Tried> {
  const { run } = reader(ctx);
  const database = await lookupDatabase(ctx, { run }, { ...path, action: ACTION, to: 'read' });
  const { username, sealed } = await readPrevious(ctx, { run }, database);
  const row = { ...database, username };
  const password = await ctx.vault.open(sealed, passwordOwner(database.id));
  const { check, target } = await checkProposal(ctx, { row, password, warnings: serverWarnings(row) });
  const failure = {
    code: 'credentials_refused',
    message: `The credentials were put back, and do not work: ${check.error} Test the connection, or rotate to others.`,
  };
  const warnings = [...check.warnings, ...(check.ok ? [] : [failure])];
  return { version: database.version, warnings, after: testedView(target, check) };
}
