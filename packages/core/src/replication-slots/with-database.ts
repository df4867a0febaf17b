import type { TenantTransaction } from '@headgate/db';
import type { CreatedReplicationSlot } from '@headgate/schema';
import type { Context } from '../context.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { displaceRegistrations } from './displace.ts';
import { newSlot } from './new-slot.ts';
import type { PreparedRegistration } from './prepare-slots.ts';

/** The registrations of slots that were prepared for a new database: what adds them, and what is told of them. */
export async function newSlots(
  ctx: Context,
  tx: Pick<TenantTransaction, 'run'>,
  database: DatabaseRow,
  prepared: readonly PreparedRegistration[],
) {
  const made = prepared.map(async (slot) => {
    const displaced = await displaceRegistrations(ctx, tx, slot.identity);
    const { write, audit, answer } = await newSlot(ctx, database, slot);
    return { writes: [...displaced.writes, write], audit: [...displaced.audit, audit], view: answer.view };
  });
  const slots = await Promise.all(made);
  const views: CreatedReplicationSlot[] = slots.map(({ view }) => view);
  return {
    writes: slots.flatMap(({ writes }) => writes),
    audit: slots.flatMap(({ audit }) => audit),
    answered: views.length === 0 ? {} : { replication_slots: views },
  };
}
