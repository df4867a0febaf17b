import { query, type AuditEntries } from '@headgate/db';
import type { AuditEntry } from '@headgate/schema';
import { sql, type Selectable } from 'kysely';

/**
 * An entry as it is read. Its time comes as text too, to the microsecond, which is all that PostgreSQL keeps of it: a
 * time that was moved by less than a millisecond, or before the common era, was moved all the same.
 */
export type EntryRow = Selectable<AuditEntries> & { readonly created_exactly: string };

/** Reads entries with what their view and their hash need. */
export const selectEntries = query
  .selectFrom('audit_entries')
  .selectAll('audit_entries')
  .select(
    // There is no such text of a time that is infinite, and none that says by itself which era a year is of.
    sql<string>`coalesce(
      to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
        || case when created_at < '0001-01-01T00:00:00Z' then ' BC' else '' end,
      created_at::text
    )`.as('created_exactly'),
  );

/**
 * When an entry was made. Entries are written with times in milliseconds; digits behind them come from somebody else,
 * and are kept, so that they can be seen; so is an era, and infinity. PostgreSQL reads it back as the same time.
 */
export function exactTime({ created_exactly: text }: Pick<EntryRow, 'created_exactly'>): string {
  return text.endsWith('infinity') ? text : text.replace(/(?:000)?( BC)?$/, 'Z$1');
}

/** An entry as its readers see it, built field by field. */
export function entryView(row: EntryRow): AuditEntry {
  return {
    id: row.id,
    org_id: row.org_id,
    ...(row.project_id !== null && { project_id: row.project_id }),
    actor: { kind: row.actor_kind, id: row.actor_id },
    action: row.action,
    resource: { kind: row.resource_kind, id: row.resource_id },
    ...(row.before !== null && { before: row.before as Record<string, unknown> }),
    ...(row.after !== null && { after: row.after as Record<string, unknown> }),
    request_id: row.request_id,
    ...(row.address !== null && { address: row.address }),
    created_at: exactTime(row),
    ...(row.position !== null && { position: row.position }),
    ...(row.hash !== null && { hash: row.hash }),
    ...(row.previous_hash !== null && { previous_hash: row.previous_hash }),
  };
}
