import { query, type TenantTransaction } from '@headgate/db';
import type { Database, UpdateDatabase } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { REDACTED, changes } from '../audit.ts';
import type { Authorized } from '../authorize.ts';
import type { Context, Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import { findOut } from '../find-out.ts';
import { mutate, type Decision } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { reader } from '../reader.ts';
import { later } from '../time.ts';
import { requireOk } from '../upstream/check-connection.ts';
import { checkProposal } from './check-proposal.ts';
import { lapsedApprovals } from './lapsed-approvals.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import { NO_PREVIOUS_CREDENTIALS, NO_STAGED_CREDENTIALS } from './other-credentials.ts';
import { sealPassword } from './password.ts';
import { proposeChange, type ProposedChange } from './propose-change.ts';
import { databaseEtag, databaseView, type DatabaseRow } from './row.ts';
import { withWarnings } from './warnings.ts';

const ACTION = 'database.update';

interface Update extends DatabasePath {
  readonly changes: UpdateDatabase;
  readonly ifMatch?: IfMatch | undefined;
  /** Whether it is changed only if it can be connected to then. */
  readonly verify?: boolean | undefined;
}

/** Changes what is given of a database. A request that changes nothing leaves no trace. */
export async function updateDatabase({ ctx, input }: Verb<Update>): Promise<Answer<Database>> {
  const verified = input.verify === true ? await findOut(verify(ctx, input)) : undefined;
  return await mutate(ctx, ACTION, async (tx) => {
    const database = await lookupDatabase(ctx, tx, { ...input, action: ACTION, to: 'change' });
    checkIfMatch(input.ifMatch, databaseEtag(database));
    const proposal = await proposeChange(ctx, tx, { database, changes: input.changes, to: 'hold' });
    const tested = verified?.();
    if (tested !== undefined && tested.version !== database.version)
      throw conflict('The database was changed while it was tested. Read it again and repeat the change.');
    const warnings = tested?.warnings ?? proposal.warnings;
    return await decide(ctx, tx, { database, proposal: { ...proposal, warnings } });
  });
}

/** What would keep it from being changed is looked at first: nobody who may not change it has a server dialled. */
async function verify(ctx: Context, input: Update) {
  const { run } = reader(ctx);
  const database = await lookupDatabase(ctx, { run }, { ...input, action: ACTION, to: 'read' });
  checkIfMatch(input.ifMatch, databaseEtag(database));
  const proposal = await proposeChange(ctx, { run }, { database, changes: input.changes, to: 'read' });
  const tested = await checkProposal(ctx, proposal);
  const { id, org_id: orgId, project_id: projectId } = database;
  const resource = { kind: 'database', id } as const;
  requireOk(tested, { action: 'databaseConnection.test', orgId, projectId, resource });
  const { check } = tested;
  return { version: database.version, warnings: check.warnings };
}

interface Decide {
  readonly database: Authorized<DatabaseRow, typeof ACTION>;
  readonly proposal: ProposedChange;
}

async function decide(
  ctx: Context,
  tx: Pick<TenantTransaction, 'run'>,
  { database, proposal }: Decide,
): Promise<Decision<Database, typeof ACTION>> {
  const { id, org_id: orgId, project_id: projectId, version } = database;
  const sealed = proposal.password === undefined ? null : await sealPassword(ctx, id, proposal.password);
  const view = (row: DatabaseRow) => databaseView(row, ctx.settings);
  const changed = changedColumns(database, proposal.row);
  if (sealed === null && Object.keys(changed).length === 0) {
    const answer = { view: withWarnings(view(database), proposal.warnings), etag: databaseEtag(database) };
    return { on: database, writes: [], audit: [], answer };
  }
  const next = { version: version + 1, updated_at: later(ctx.clock.now(), database.updated_at) };
  const row = { ...proposal.row, ...next };
  const difference = changes(view(database), view(row));
  const after = { ...difference.after, ...(sealed && { password: REDACTED }) };
  // Credentials that could be put back were stored for where the database was, and came before the ones in force.
  const isOther = proposal.isSteered || sealed !== null || row.username !== database.username;
  const others = isOther && { ...NO_STAGED_CREDENTIALS, ...NO_PREVIOUS_CREDENTIALS };
  const lapsed = sealed === null ? [] : await lapsedApprovals(tx, { id, ...sealed });
  const written = { ...changed, ...next, ...sealed, ...others };
  return {
    on: database,
    writes: [query.updateTable('databases').set(written).where('id', '=', id)],
    audit: [
      {
        action: ACTION,
        orgId,
        projectId,
        resource: { kind: 'database', id },
        before: difference.before,
        after,
      },
    ],
    answer: { view: withWarnings(view(row), [...proposal.warnings, ...lapsed]), etag: databaseEtag(row) },
  };
}

function changedColumns(before: DatabaseRow, after: DatabaseRow): Partial<DatabaseRow> {
  const columns = Object.keys(after) as (keyof DatabaseRow)[];
  const changed = columns.filter(
    (column) => JSON.stringify(before[column]) !== JSON.stringify(after[column]),
  );
  return Object.fromEntries(changed.map((column) => [column, after[column]]));
}
