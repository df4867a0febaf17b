import type { TenantTransaction } from '@headgate/db';
import { CONNECTION_FIELDS, type UpdateDatabase } from '@headgate/schema';
import { detectProvider } from '@headgate/upstream';
import { mayReveal, type Authorized } from '../authorize.ts';
import { checkCertificates } from '../certificates/check-certificates.ts';
import type { Context } from '../context.ts';
import { invalidInput } from '../errors.ts';
import type { Action } from '../policy.ts';
import { steeredBy } from '../upstream/steering.ts';
import { configure } from './configuration.ts';
import { readConnection, wholeConnection, type Read } from './connection-input.ts';
import type { Proposal } from './propose-database.ts';
import { isConfigured, type DatabaseRow } from './row.ts';
import { serverWarnings } from './warnings.ts';

interface Change<A extends Action> {
  readonly database: Authorized<DatabaseRow, A>;
  readonly changes: UpdateDatabase;
  /** To hold the certificates that it names until the transaction ends, or only to read. */
  readonly to: 'read' | 'hold';
}

export interface ProposedChange extends Proposal {
  /** Whether passwords that are stored would be sent elsewhere than where they were stored for. */
  readonly isSteered: boolean;
}

/**
 * A database as it would be if a change were made to it. Its row keeps the version of what it is a change of. To be
 * asked on a row that is held, where the change is then made.
 *
 * @throws HeadgateError INVALID_INPUT for what cannot be, and where the caller has to give the password again
 */
export async function proposeChange<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { database, changes, to }: Change<A>,
): Promise<ProposedChange> {
  const { given, warnings } = readConnection(changes);
  checkCompletion(database, given);
  const row: DatabaseRow = {
    ...database,
    ...changedFields(database, given),
    ...configure(database, given, ctx.settings),
  };
  const steered = isConfigured(database) ? steeredBy(database, row) : [];
  if (given.password === undefined && steered.length > 0 && !mayReveal(ctx, database))
    throw askAgain(steered);
  await checkCertificates({ run }, { ...row, given, to });
  return {
    row,
    password: given.password,
    warnings: [...warnings, ...serverWarnings(row)],
    isSteered: steered.length > 0,
  };
}

function changedFields(row: DatabaseRow, given: Read<UpdateDatabase>): Partial<DatabaseRow> {
  return {
    host: given.host ?? row.host,
    port: given.port ?? row.port,
    name: given.name ?? row.name,
    username: given.username ?? row.username,
    ssl_mode: given.ssl_mode ?? row.ssl_mode,
    ca_certificate_id: unlessBlank(given.ca_certificate_id, row.ca_certificate_id),
    client_certificate_id: unlessBlank(given.client_certificate_id, row.client_certificate_id),
    provider: changedProvider(row, given),
    excluded_schemas: given.excluded_schemas === undefined ? row.excluded_schemas : given.excluded_schemas,
    role: given.role === undefined || given.role === '' ? row.role : given.role,
    pool_region: unlessBlank(given.pool_region, row.pool_region),
    query_timeout_ms: given.query_timeout_ms ?? row.query_timeout_ms,
    auto_read_routing: given.auto_read_routing ?? row.auto_read_routing,
  };
}

/** Whoever sends back a database as it was read has not chosen what its host tells: that goes on being told. */
function changedProvider(row: DatabaseRow, given: Read<UpdateDatabase>): DatabaseRow['provider'] {
  const told = detectProvider(given.host ?? row.host);
  return row.provider === null && given.provider === told ? null : unlessBlank(given.provider, row.provider);
}

/** What a change makes of a field that empty text unsets. */
export function unlessBlank<T extends string>(given: T | '' | undefined, present: T | null): T | null {
  if (given === undefined) return present;
  return given === '' ? null : given;
}

/** A blank primary becomes a configured one in one step: half of a connection is no connection. */
function checkCompletion(database: DatabaseRow, given: Read<UpdateDatabase>): void {
  if (isConfigured(database) || CONNECTION_FIELDS.every((field) => given[field] === undefined)) return;
  wholeConnection(given, ': this database is configured for the first time');
}

function askAgain(steered: readonly string[]): Error {
  const what = `${steered.join(', ')} ${steered.length === 1 ? 'changes' : 'change'}`;
  const message = `must be given again: ${what}, and the stored password is sent only where it was stored for. A caller who holds secrets:read need not give it`;
  return invalidInput([{ field: 'password', message }]);
}
