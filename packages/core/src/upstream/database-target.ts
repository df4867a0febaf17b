import type { TenantTransaction } from '@headgate/db';
import type { Target } from '@headgate/upstream';
import { certificatesOf } from '../certificates/certificates-of.ts';
import type { Context } from '../context.ts';
import { openPassword } from '../databases/password.ts';
import { isConfigured, type DatabaseRow } from '../databases/row.ts';
import { conflict } from '../errors.ts';

/**
 * What a database is reached with, as it is or as it would be: the password that is given, or else the stored one
 * opened, and its certificates read. To be asked for just before it is used, and not kept.
 *
 * @throws HeadgateError CONFLICT for a primary that is not configured yet, and when it was changed since it was read
 */
export async function databaseTarget(
  ctx: Pick<Context, 'vault'>,
  { run }: Pick<TenantTransaction, 'run'>,
  database: DatabaseRow,
  given?: string,
): Promise<Target> {
  const [password, certificates] = await Promise.all([
    given ?? openPassword(ctx, { run }, database),
    certificatesOf(ctx, { run }, database),
  ]);
  if (!isConfigured(database) || password === undefined) {
    throw conflict(
      'The database is not configured yet. PATCH it with host, port, name, username and password first.',
    );
  }
  return {
    host: database.host,
    port: database.port,
    database: database.name,
    username: database.username,
    password,
    sslMode: database.ssl_mode,
    ...certificates,
  };
}
