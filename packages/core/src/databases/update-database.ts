import { query } from '@headgate/db';
import type { Database, FieldError, UpdateDatabase } from '@headgate/schema';
import { REDACTED, changes } from '../audit.ts';
import type { Verb } from '../context.ts';
import { invalidInput } from '../errors.ts';
import type { Answer } from '../answer.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { configure } from './configuration.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import { sealPassword } from './password.ts';
import { databaseEtag, databaseView, isConfigured, type DatabaseRow } from './row.ts';

interface Update extends DatabasePath {
  readonly changes: UpdateDatabase;
  readonly ifMatch?: IfMatch | undefined;
}

/** Changes what is given of a database. A request that changes nothing leaves no trace. */
export async function updateDatabase({ ctx, input }: Verb<Update>): Promise<Answer<Database>> {
  const { changes: given, ifMatch, ...path } = input;
  return await mutate(ctx, 'database.update', async (tx) => {
    const database = await lookupDatabase(ctx, tx, { ...path, action: 'database.update', to: 'change' });
    checkIfMatch(ifMatch, databaseEtag(database));
    checkCompletion(database, given);
    const { id, org_id: orgId, project_id: projectId } = database;
    const fields = { ...changedFields(database, given), ...configure(database, given, ctx.settings) };
    const password = given.password === undefined ? null : await sealPassword(ctx, id, given.password);

    const before = databaseView(database, ctx.settings);
    const difference = changes(before, databaseView({ ...database, ...fields }, ctx.settings));
    if (Object.keys(difference.after).length === 0 && password === null) {
      return { on: database, writes: [], audit: [], answer: { view: before, etag: databaseEtag(database) } };
    }
    const written = {
      ...fields,
      version: database.version + 1,
      updated_at: later(ctx.clock.now(), database.updated_at),
    };
    const row = { ...database, ...written };
    const after = { ...difference.after, ...(password && { password: REDACTED }) };
    return {
      on: database,
      writes: [
        query
          .updateTable('databases')
          .set({ ...written, ...password })
          .where('id', '=', id),
      ],
      audit: [
        {
          action: 'database.update',
          orgId,
          projectId,
          resource: { kind: 'database', id },
          before: difference.before,
          after,
        },
      ],
      answer: { view: databaseView(row, ctx.settings), etag: databaseEtag(row) },
    };
  });
}

type ChangedFields = Pick<
  DatabaseRow,
  | 'host'
  | 'port'
  | 'name'
  | 'username'
  | 'ssl_mode'
  | 'role'
  | 'pool_region'
  | 'query_timeout_ms'
  | 'auto_read_routing'
>;

function changedFields(row: DatabaseRow, given: UpdateDatabase): ChangedFields {
  const { pool_region: region = row.pool_region } = given;
  return {
    host: given.host ?? row.host,
    port: given.port ?? row.port,
    name: given.name ?? row.name,
    username: given.username ?? row.username,
    ssl_mode: given.ssl_mode === undefined || given.ssl_mode === '' ? row.ssl_mode : given.ssl_mode,
    role: given.role === undefined || given.role === '' ? row.role : given.role,
    pool_region: region === '' ? null : region,
    query_timeout_ms: given.query_timeout_ms ?? row.query_timeout_ms,
    auto_read_routing: given.auto_read_routing ?? row.auto_read_routing,
  };
}

const CONNECTION_FIELDS = ['host', 'port', 'name', 'username', 'password'] as const;

/** A blank primary becomes a configured one in one step: half of a connection is no connection. */
function checkCompletion(database: DatabaseRow, given: UpdateDatabase): void {
  if (isConfigured(database)) return;
  const missing = CONNECTION_FIELDS.filter((field) => given[field] === undefined);
  if (missing.length === 0 || missing.length === CONNECTION_FIELDS.length) return;
  const [first, ...others] = missing.map((field): FieldError => ({
    field,
    message: 'is required: this database is configured for the first time',
  }));
  if (first !== undefined) throw invalidInput([first, ...others]);
}
