import type { AuditEntry, AuditFilters } from '@headgate/schema';
import { sql } from 'kysely';
import type { Context } from '../context.ts';
import { selectLogged, type Log } from './filters.ts';
import { entryView, exactTime } from './row.ts';

/** One short statement each: an export holds neither a connection nor more than this in memory. */
const BATCH_SIZE = 500;

/** What an export gives: when it began, and the entries up to then, a batch at a time, read when they are asked for. */
export interface AuditExport {
  readonly startedAt: Date;
  readonly batches: AsyncGenerator<AuditEntry[], void, undefined>;
}

/**
 * The entries of a log up to a moment, oldest first, which is their order for whoever follows what happened or files
 * one export behind the other. What is written meanwhile is left to the next export, so that it comes to an end.
 */
export async function* readEntries(
  { store }: Pick<Context, 'store'>,
  log: Log,
  filters: AuditFilters,
  until: Date,
): AsyncGenerator<AuditEntry[], void, undefined> {
  const entries = selectLogged(log, filters)
    .where('created_at', '<=', until)
    .orderBy('created_at')
    .orderBy('id')
    .limit(BATCH_SIZE);
  let batch = entries;
  for (;;) {
    const rows = await store.read([log.org_id], batch);
    if (rows.length > 0) yield rows.map(entryView);
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH_SIZE) return;
    batch = entries.where((eb) =>
      eb(
        eb.refTuple('created_at', 'id'),
        '>',
        eb.tuple(sql<Date>`${exactTime(last)}::text::timestamptz`, last.id),
      ),
    );
  }
}
