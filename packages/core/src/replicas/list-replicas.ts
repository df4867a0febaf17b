import { DEFAULT_PAGE_SIZE, MAX_UNPAGED_REPLICAS, type ReplicaList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { readNewestFirst } from '../newest-first.ts';
import type { Order } from '../page.ts';
import { reader } from '../reader.ts';
import { lookupParent } from './lookup-parent.ts';
import { replicaView, selectReplicas } from './row.ts';

const ORDER: Order = { name: 'replicas by created_at', kind: 'rep', key: 'time' };

interface ListReplicas {
  readonly databaseId: string;
  readonly page_size?: number | undefined;
  readonly page_token?: string | undefined;
}

/** The replicas of a database, newest first: all of them unless a page is asked for. */
export async function listReplicas({ ctx, input }: Verb<ListReplicas>): Promise<ReplicaList> {
  const { run } = reader(ctx);
  const { databaseId } = input;
  const database = await lookupParent(ctx, { run }, { databaseId, action: 'replica.list', to: 'read' });
  const listing = { order: ORDER, of: database.id };
  const rows = selectReplicas.where('database_id', '=', database.id).where('deleted_at', 'is', null);
  const { page_token: token, page_size: given } = input;
  const size = given ?? { first: MAX_UNPAGED_REPLICAS, later: DEFAULT_PAGE_SIZE };
  const { page, next } = await readNewestFirst(ctx, { run }, { rows, listing, token, size });
  return { replicas: page.map((row) => replicaView(row, database.password_id)), ...next };
}
