import { query, type TenantTransaction } from '@headgate/db';
import {
  DEFAULT_CREDENTIALS_GRACE_SECONDS,
  type RotateDatabaseCredentials,
  type RotatedDatabaseCredentials,
} from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { REDACTED } from '../audit.ts';
import type { Context, Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import { findOut } from '../find-out.ts';
import { mutate, mutateStep, type Decision, type Step } from '../mutate.ts';
import { reader } from '../reader.ts';
import { later } from '../time.ts';
import { requireOk, testedView } from '../upstream/check-connection.ts';
import { checkProposal } from './check-proposal.ts';
import { lapsedApprovals } from './lapsed-approvals.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import {
  NO_PREVIOUS_CREDENTIALS,
  NO_STAGED_CREDENTIALS,
  openStaged,
  readCredentials,
  toPrevious,
} from './other-credentials.ts';
import { openPassword, sealPassword } from './password.ts';
import { databaseEtag, databaseView } from './row.ts';
import { serverWarnings, withWarnings } from './warnings.ts';

const ACTION = 'databaseCredentials.rotate';

interface Rotate extends DatabasePath {
  readonly credentials: RotateDatabaseCredentials;
}

/** The same with what was found out on the upstream, and the version of the database that it was found out of. */
interface Tested extends Rotate {
  readonly tested: () => Awaited<ReturnType<typeof test>>;
}

/**
 * Gives a database new credentials: tests them on its upstream, stages them sealed, and switches to them once the vault
 * has given them back as they were. Those before can be put back for a grace time. These are two transactions, behind
 * the test: a rotation that breaks off in between has changed nothing that anyone meets.
 *
 * @throws HeadgateError UPSTREAM_CHECK_FAILED when the new ones do not work; CONFLICT when the database was changed, or
 *   other credentials were staged, at the same moment
 */
export async function rotateDatabaseCredentials({
  ctx,
  input,
}: Verb<Rotate>): Promise<Answer<RotatedDatabaseCredentials>> {
  const rotation = { ...input, tested: await findOut(test(ctx, input)) };
  const first = await mutateStep(ctx, ACTION, async (tx) => await stage(ctx, tx, rotation));
  if (first !== undefined) return first as Answer<RotatedDatabaseCredentials>;
  return await mutate(ctx, ACTION, async (tx) => await switchOver(ctx, tx, rotation));
}

async function test(ctx: Context, { credentials, ...path }: Rotate) {
  const database = await lookupDatabase(ctx, reader(ctx), { ...path, action: ACTION, to: 'read' });
  const row = { ...database, username: credentials.username ?? database.username };
  const proposal = { row, password: credentials.password, warnings: serverWarnings(row) };
  const tested = await checkProposal(ctx, proposal);
  const { id, org_id: orgId, project_id: projectId } = database;
  const resource = { kind: 'database', id } as const;
  requireOk(tested, { action: 'databaseCredentials.test', orgId, projectId, resource });
  const { check, target } = tested;
  return {
    version: database.version,
    username: row.username,
    after: testedView(target, check),
    warnings: check.warnings,
  };
}

/** Finds the database as it was when the credentials were tested, and holds it. */
async function lookupTested(ctx: Context, tx: Pick<TenantTransaction, 'run'>, { tested, ...path }: Tested) {
  const database = await lookupDatabase(ctx, tx, { ...path, action: ACTION, to: 'change' });
  const found = tested();
  if (found.version === database.version) return { database, found };
  throw conflict(
    'The database was changed while the new credentials were tested. Read it again and repeat the rotation.',
  );
}

async function stage(
  ctx: Context,
  tx: Pick<TenantTransaction, 'run'>,
  rotation: Tested,
): Promise<Step<typeof ACTION>> {
  const { database, found } = await lookupTested(ctx, tx, rotation);
  const { id, org_id: orgId, project_id: projectId } = database;
  const { password } = rotation.credentials;
  // Those before would be forgotten for nothing, as when a request is repeated whose answer was lost.
  if (found.username === database.username && password === (await openPassword(ctx, tx, database))) {
    throw conflict('The database has these credentials already. Nothing was changed.');
  }
  const sealed = await sealPassword(ctx, id, password);
  const staged = {
    staged_username: found.username,
    staged_sealed_password: sealed.sealed_password,
    staged_sealing_key_id: sealed.sealing_key_id,
    staged_password_id: sealed.password_id,
    staged_at: ctx.clock.now(),
  };
  const of = { orgId, projectId, resource: { kind: 'database' as const, id } };
  return {
    on: database,
    writes: [query.updateTable('databases').set(staged).where('id', '=', id)],
    audit: [
      { ...of, action: 'databaseCredentials.test', after: found.after },
      {
        ...of,
        action: 'databaseCredentials.stage',
        after: { username: found.username, password: REDACTED },
      },
    ],
  };
}

async function switchOver(
  ctx: Context,
  tx: Pick<TenantTransaction, 'run'>,
  rotation: Tested,
): Promise<Decision<RotatedDatabaseCredentials, typeof ACTION>> {
  const { database, found } = await lookupTested(ctx, tx, rotation);
  const { id, org_id: orgId, project_id: projectId } = database;
  const credentials = await readCredentials(tx, id);
  const { password, grace_seconds: graceSeconds = DEFAULT_CREDENTIALS_GRACE_SECONDS } = rotation.credentials;
  const current = await openStaged(ctx, id, credentials, { username: found.username, password });
  const now = later(ctx.clock.now(), database.updated_at);
  const previousUntil = graceSeconds === 0 ? null : new Date(now.getTime() + graceSeconds * 1000);
  const written = { username: found.username, version: database.version + 1, updated_at: now };
  const lapsed = await lapsedApprovals(tx, { id, ...current });
  const row = { ...database, ...written };
  const previous = previousUntil === null ? NO_PREVIOUS_CREDENTIALS : toPrevious(credentials, previousUntil);
  const view = {
    ...withWarnings(databaseView(row, ctx.settings), [...found.warnings, ...lapsed]),
    previous_until: previousUntil?.toISOString() ?? null,
  };
  const told = { password: REDACTED, previous_until: view.previous_until };
  return {
    on: database,
    writes: [
      query
        .updateTable('databases')
        .set({ ...written, ...current, ...previous, ...NO_STAGED_CREDENTIALS })
        .where('id', '=', id),
    ],
    audit: [
      {
        ...{ action: ACTION, orgId, projectId, resource: { kind: 'database', id } },
        before: { username: database.username },
        after: { username: found.username, ...told },
      },
    ],
    answer: { view, etag: databaseEtag(row) },
  };
}
