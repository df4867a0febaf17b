import type { Replica } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { reader } from '../reader.ts';
import { lookupReplica, type ReplicaPath } from './lookup-replica.ts';
import { replicaEtag, replicaView } from './row.ts';

/** One replica. */
export async function getReplica({ ctx, input }: Verb<ReplicaPath>): Promise<Answer<Replica>> {
  const replica = await lookupReplica(ctx, reader(ctx), { ...input, action: 'replica.get', to: 'read' });
  const { database_password_id: passwordId } = replica;
  return { view: replicaView(replica, passwordId), etag: replicaEtag(replica, passwordId) };
}
