import { insert } from '@headgate/db';
import type { Database } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { AuditEntry } from '../audit.ts';
import type { Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import type { Owner } from '../projects/lookup-owner.ts';
import { sealPassword } from './password.ts';
import type { Proposal } from './propose-database.ts';
import { databaseEtag, databaseView } from './row.ts';
import { withWarnings } from './warnings.ts';

/**
 * A new database of a project that is already authorized: the statement that adds it, the audit entry that tells of
 * it, and the answer.
 */
export async function newDatabase(
  ctx: Context,
  owner: Authorized<Pick<Owner, 'id' | 'org_id'>, 'database.create' | 'project.create'>,
  { row, password, warnings }: Proposal,
) {
  const sealed = password === undefined ? null : await sealPassword(ctx, row.id, password);
  const view = databaseView(row, ctx.settings);
  const audit: AuditEntry = {
    action: 'database.create',
    orgId: owner.org_id,
    projectId: owner.id,
    resource: { kind: 'database', id: row.id },
    after: view,
  };
  const answer: Answer<Database> = { view: withWarnings(view, warnings), etag: databaseEtag(row) };
  return { write: insert('databases', { ...row, ...sealed }), audit, answer };
}
