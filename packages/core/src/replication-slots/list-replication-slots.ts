import type { ReplicationSlotList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import { readNewestFirst } from '../newest-first.ts';
import type { Order, PageInput } from '../page.ts';
import { reader } from '../reader.ts';
import { replicationSlotView, selectReplicationSlots } from './row.ts';

const ORDER: Order = { name: 'replication slots by created_at', kind: 'slot', key: 'time' };

interface ListReplicationSlots extends PageInput, DatabasePath {}

/** The registered slots of a database, newest first. No upstream is asked. */
export async function listReplicationSlots({
  ctx,
  input,
}: Verb<ListReplicationSlots>): Promise<ReplicationSlotList> {
  const { run } = reader(ctx);
  const { page_token: token, page_size: size, ...path } = input;
  const database = await lookupDatabase(
    ctx,
    { run },
    { ...path, action: 'replicationSlot.list', to: 'read' },
  );
  const listing = { order: ORDER, of: database.id };
  const rows = selectReplicationSlots.where('database_id', '=', database.id).where('deleted_at', 'is', null);
  const { page, next } = await readNewestFirst(ctx, { run }, { rows, listing, token, size });
  return { replication_slots: page.map(replicationSlotView), ...next };
}
