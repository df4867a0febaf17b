import { query } from '@headgate/db';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupReplica, type ReplicaPath } from './lookup-replica.ts';
import { replicaEtag, replicaView } from './row.ts';

interface Delete extends ReplicaPath {
  readonly ifMatch?: IfMatch | undefined;
}

/** Deletes a replica's registration; the upstream is not touched. */
export async function deleteReplica({ ctx, input }: Verb<Delete>): Promise<void> {
  const { ifMatch, ...path } = input;
  const action = 'replica.delete';
  await mutate(ctx, action, async (tx) => {
    const replica = await lookupReplica(ctx, tx, { ...path, action, to: 'change' });
    const { database_password_id: passwordId } = replica;
    checkIfMatch(ifMatch, replicaEtag(replica, passwordId));
    const { id, org_id: orgId, project_id: projectId, version } = replica;
    const deletedAt = later(ctx.clock.now(), replica.updated_at);
    const written = { deleted_at: deletedAt, updated_at: deletedAt, version: version + 1 };
    const before = replicaView(replica, passwordId);
    return {
      on: replica,
      writes: [query.updateTable('replicas').set(written).where('id', '=', id)],
      audit: [{ action, orgId, projectId, resource: { kind: 'replica', id }, before }],
      answer: { view: undefined },
    };
  });
}
