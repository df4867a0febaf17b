import { insert } from '@headgate/db';
import {
  DEFAULT_SSL_MODE,
  newId,
  type BlankDatabase,
  type CreateDatabase,
  type Database,
} from '@headgate/schema';
import type { AuditEntry } from '../audit.ts';
import type { Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import type { Answer } from '../answer.ts';
import type { Owner } from '../projects/lookup-owner.ts';
import { configure, DEFAULT_COLUMNS } from './configuration.ts';
import { sealPassword } from './password.ts';
import { databaseEtag, databaseView, type DatabaseRow } from './row.ts';

/**
 * A new database of a project that is already authorized: the statement that adds it, the audit entry that tells of
 * it, and the answer.
 */
export async function newDatabase(
  ctx: Context,
  owner: Authorized<Pick<Owner, 'id' | 'org_id'>, 'database.create' | 'project.create'>,
  input: CreateDatabase | BlankDatabase,
) {
  const id = newId('db');
  const password = 'password' in input ? await sealPassword(ctx, id, input.password) : null;
  const row = newRow(ctx, id, owner, input);
  const view = databaseView(row, ctx.settings);
  const audit: AuditEntry = {
    action: 'database.create',
    orgId: owner.org_id,
    projectId: owner.id,
    resource: { kind: 'database', id },
    after: view,
  };
  const answer: Answer<Database> = { view, etag: databaseEtag(row) };
  return { write: insert('databases', { ...row, ...password }), audit, answer };
}

function newRow(
  ctx: Context,
  id: string,
  owner: Pick<Owner, 'id' | 'org_id'>,
  input: CreateDatabase | BlankDatabase,
): DatabaseRow {
  const given: Partial<CreateDatabase> = 'password' in input ? input : {};
  const now = ctx.clock.now();
  return {
    id,
    org_id: owner.org_id,
    project_id: owner.id,
    host: input.host,
    port: input.port,
    name: input.name,
    username: input.username,
    ssl_mode: given.ssl_mode ?? DEFAULT_SSL_MODE,
    role: given.role ?? null,
    pool_region: given.pool_region === '' ? null : (given.pool_region ?? null),
    query_timeout_ms: given.query_timeout_ms ?? null,
    auto_read_routing: given.auto_read_routing ?? null,
    ...configure(DEFAULT_COLUMNS, given, ctx.settings),
    version: 1,
    created_at: now,
    updated_at: now,
    deleted_at: null,
    deleted_with_project: false,
  };
}
