import type { TenantTransaction } from '@headgate/db';
import {
  DEFAULT_SSL_MODE,
  newId,
  type BlankDatabase,
  type CreateDatabase,
  type Warning,
} from '@headgate/schema';
import { checkCertificates } from '../certificates/check-certificates.ts';
import type { Context } from '../context.ts';
import type { Owner } from '../projects/lookup-owner.ts';
import { configure, DEFAULT_COLUMNS } from './configuration.ts';
import { readConnection, wholeConnection } from './connection-input.ts';
import type { DatabaseRow } from './row.ts';
import { serverWarnings } from './warnings.ts';

/** A database as it would be if a request were carried out. */
export interface Proposal {
  readonly row: DatabaseRow;
  /** The password that came with the request. */
  readonly password: string | undefined;
  /** What its owner should know of it. */
  readonly warnings: readonly Warning[];
}

interface New {
  readonly owner: Pick<Owner, 'id' | 'org_id'>;
  readonly input: CreateDatabase | BlankDatabase;
  /** To hold the certificates that it names until the transaction ends, or only to read. */
  readonly to: 'read' | 'hold';
}

/**
 * A new database of a project as a request describes it.
 *
 * @throws HeadgateError INVALID_INPUT for what cannot be
 */
export async function proposeDatabase(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { owner, input, to }: New,
): Promise<Proposal> {
  if (isBlank(input)) return { row: newRow(ctx, owner, BLANK), password: undefined, warnings: [] };
  const { given, warnings } = readConnection(input);
  const { password, ...connection } = wholeConnection(given);
  const row = newRow(ctx, owner, { ...given, ...connection });
  await checkCertificates({ run }, { ...row, given, to });
  return { row, password, warnings: [...warnings, ...serverWarnings(row)] };
}

function isBlank(input: CreateDatabase | BlankDatabase): input is BlankDatabase {
  return input.host === '';
}

const BLANK = { host: '', port: 0, name: '', username: '' };

type Described = Omit<CreateDatabase, 'url' | 'password'> & typeof BLANK;

function newRow(ctx: Context, owner: Pick<Owner, 'id' | 'org_id'>, given: Described): DatabaseRow {
  const now = ctx.clock.now();
  return {
    id: newId('db'),
    org_id: owner.org_id,
    project_id: owner.id,
    host: given.host,
    port: given.port,
    name: given.name,
    username: given.username,
    ssl_mode: given.ssl_mode ?? DEFAULT_SSL_MODE,
    ca_certificate_id: orNull(given.ca_certificate_id),
    client_certificate_id: orNull(given.client_certificate_id),
    provider: given.provider ?? null,
    excluded_schemas: given.excluded_schemas ?? null,
    password_id: null,
    role: given.role ?? null,
    pool_region: orNull(given.pool_region),
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

/** What clients send as empty text was not set. */
function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}
