import type { ConnectionCheck } from '@headgate/schema';
import type { Target } from '@headgate/upstream';
import { certificatesOf } from '../certificates/certificates-of.ts';
import type { Context } from '../context.ts';
import { reader } from '../reader.ts';
import { checkConnection } from '../upstream/check-connection.ts';
import { databaseTarget } from '../upstream/database-target.ts';
import { wantedConnections } from '../upstream/wanted-connections.ts';
import { requireApproved } from './approval.ts';
import type { ReplicaProposal } from './propose-replica.ts';

/**
 * Tests a replica as it would be, with the credentials of its database, and whether it follows that. It is here alone
 * that the password of a database is sent to a replica.
 *
 * @throws HeadgateError INVALID_INPUT, before anybody is dialled, when the replica is not approved for that password
 */
export async function checkReplicaProposal(
  ctx: Context,
  { row, database, warnings }: ReplicaProposal,
): Promise<{ readonly check: ConnectionCheck; readonly target: Target }> {
  requireApproved(ctx, row, database);
  const { run } = reader(ctx);
  const { id, project_id: projectId, host, port, ssl_mode: sslMode } = row;
  const [primary, certificates, wanted] = await Promise.all([
    databaseTarget(ctx, { run }, database),
    certificatesOf(ctx, { run }, row),
    wantedConnections({ run }, { projectId, id, poolSize: database.pool_size, host, port }),
  ]);
  const { database: name, username, password } = primary;
  const target: Target = { host, port, database: name, username, password, sslMode, ...certificates };
  const check = await checkConnection(ctx, { of: row, target, wanted, primary });
  return { check: { ...check, warnings: [...warnings, ...check.warnings] }, target };
}
