import { DEFAULT_PAGE_SIZE, MAX_UNPAGED_REPLICAS, type ReplicaList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { decodeCursor, encodeCursor, toPage, type Order } from '../page.ts';
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
  const database = await lookupParent(ctx, { run }, { databaseId, action: 'replica.list', to: 'list' });
  const listing = { order: ORDER, of: database.id };
  const cursor = decodeCursor(ctx, listing, input.page_token);
  const size = input.page_size ?? (cursor === undefined ? MAX_UNPAGED_REPLICAS : DEFAULT_PAGE_SIZE);
  let replicas = selectReplicas
    .where('database_id', '=', database.id)
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(size + 1);
  if (cursor) {
    const before = new Date(cursor.key);
    replicas = replicas.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(before, cursor.id)));
  }
  const { page, nextPageToken } = toPage(await run(replicas), size, (row) =>
    encodeCursor(ctx, listing, { key: row.created_at.toISOString(), id: row.id }),
  );
  return {
    replicas: page.map(replicaView),
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  };
}
