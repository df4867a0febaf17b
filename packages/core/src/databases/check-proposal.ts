import type { ConnectionCheck } from '@headgate/schema';
import type { Target } from '@headgate/upstream';
import type { Context } from '../context.ts';
import { reader } from '../reader.ts';
import { checkConnection } from '../upstream/check-connection.ts';
import { databaseTarget } from '../upstream/database-target.ts';
import { wantedConnections } from '../upstream/wanted-connections.ts';
import type { Proposal } from './propose-database.ts';

/** Tests a database as it would be. What there is to say of it without a connection is said beside what was found. */
export async function checkProposal(
  ctx: Context,
  { row, password, warnings }: Proposal,
): Promise<{ readonly check: ConnectionCheck; readonly target: Target }> {
  const { run } = reader(ctx);
  const { id, project_id: projectId, pool_size: poolSize, host, port } = row;
  const [target, wanted] = await Promise.all([
    databaseTarget(ctx, { run }, row, password),
    wantedConnections({ run }, { projectId, id, poolSize, host, port }),
  ]);
  const check = await checkConnection(ctx, { of: row, target, wanted });
  return { check: { ...check, warnings: [...warnings, ...check.warnings] }, target };
}
