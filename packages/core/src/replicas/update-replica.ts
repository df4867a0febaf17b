import { query } from '@headgate/db';
import type { Replica, UpdateReplica } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { changes } from '../audit.ts';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupReplica, type ReplicaPath } from './lookup-replica.ts';
import { replicaEtag, replicaView, type ReplicaRow } from './row.ts';

interface Update extends ReplicaPath {
  readonly changes: UpdateReplica;
  readonly ifMatch?: IfMatch | undefined;
}

/** Changes what is given of a replica. A request that changes nothing leaves no trace. */
export async function updateReplica({ ctx, input }: Verb<Update>): Promise<Answer<Replica>> {
  const { changes: given, ifMatch, ...path } = input;
  const action = 'replica.update';
  return await mutate(ctx, action, async (tx) => {
    const replica = await lookupReplica(ctx, tx, { ...path, action, to: 'change' });
    checkIfMatch(ifMatch, replicaEtag(replica));
    const fields = changedFields(replica, given);
    const view = replicaView(replica);
    const { before, after } = changes(view, replicaView({ ...replica, ...fields }));
    if (Object.keys(after).length === 0) {
      return { on: replica, writes: [], audit: [], answer: { view, etag: replicaEtag(replica) } };
    }
    const written = {
      ...fields,
      version: replica.version + 1,
      updated_at: later(ctx.clock.now(), replica.updated_at),
    };
    const row = { ...replica, ...written };
    const { id, org_id: orgId, project_id: projectId } = replica;
    return {
      on: replica,
      writes: [query.updateTable('replicas').set(written).where('id', '=', id)],
      audit: [{ action, orgId, projectId, resource: { kind: 'replica', id }, before, after }],
      answer: { view: replicaView(row), etag: replicaEtag(row) },
    };
  });
}

function changedFields(
  row: ReplicaRow,
  given: UpdateReplica,
): Pick<ReplicaRow, 'host' | 'port' | 'ssl_mode'> {
  const { host = row.host, port = row.port, ssl_mode: sslMode = row.ssl_mode } = given;
  return { host, port, ssl_mode: sslMode === '' ? row.ssl_mode : sslMode };
}
