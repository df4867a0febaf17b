import { query } from '@headgate/db';
import type { Replica } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { checkCertificatesLeft } from '../certificates/check-certificates.ts';
import type { Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import { mutate } from '../mutate.ts';
import { checkLimit } from '../organizations/limits.ts';
import { later } from '../time.ts';
import { countReplicas } from './count-replicas.ts';
import { lookupReplica, type ReplicaPath } from './lookup-replica.ts';
import { replicaEtag, replicaView } from './row.ts';

/** Brings a deleted replica back as it was, approved for what it was approved for. */
export async function restoreReplica({ ctx, input }: Verb<ReplicaPath>): Promise<Answer<Replica>> {
  const action = 'replica.restore';
  return await mutate(ctx, action, async (tx) => {
    const [replica, replicas] = await Promise.all([
      lookupReplica(ctx, tx, { ...input, action, to: 'restore' }),
      countReplicas(tx, input.databaseId),
    ]);
    if (replica.deleted_at === null) throw conflict('The replica is not deleted.');
    checkLimit(ctx, 'replicas_per_database', replicas);
    await checkCertificatesLeft(tx, replica);
    const written = {
      deleted_at: null,
      version: replica.version + 1,
      updated_at: later(ctx.clock.now(), replica.updated_at),
    };
    const row = { ...replica, ...written };
    const { id, org_id: orgId, project_id: projectId, database_password_id: passwordId } = replica;
    const view = replicaView(row, passwordId);
    return {
      on: replica,
      writes: [query.updateTable('replicas').set(written).where('id', '=', id)],
      audit: [{ action, orgId, projectId, resource: { kind: 'replica', id }, after: view }],
      answer: { view, etag: replicaEtag(row, passwordId) },
    };
  });
}
