import { ServerError, type Connection } from '../connection.ts';
import { inTransaction } from './in-transaction.ts';
import type { SlotFacts, SlotNames } from './slot-facts.ts';

const TIMEOUT_MS = 3000;
/** From here on a publication that was not there yet is passed over with a warning (PostgreSQL 18, release notes). */
const FIRST_FORGIVING_VERSION = 180_000;
const UNDEFINED_OBJECT = '42704';

/** `unsure`: the publication may be newer than what the slot has to read, and no harm of it has come yet. */
export type Rehearsal = 'works' | 'fails' | 'unsure';

/**
 * Finds out whether a slot can be read with a publication that may be newer. No catalog tells when either was made, so
 * where the ages of their rows do not settle it the slot is read, without moving it, up to its first change: a server
 * before PostgreSQL 18 that has to decode a change from before the publication says that there is no such publication.
 * A slot that can be read proves nothing. Changes are decoded when their transaction commits and by what was there when
 * they were written: one that is still open may have written before the publication was made.
 */
export async function rehearse(
  connection: Connection,
  { slot, publication }: SlotNames,
  facts: SlotFacts,
): Promise<Rehearsal> {
  if (facts.isPublicationOlder === true) return 'works';
  if (facts.versionNumber >= FIRST_FORGIVING_VERSION || facts.slot?.isActive === true) return 'unsure';
  const read = async () => await connection.query(PEEK, [slot, publication]);
  try {
    await inTransaction(connection, TIMEOUT_MS, read);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    if (error.sqlState === UNDEFINED_OBJECT) return 'fails';
  }
  return 'unsure';
}

/** One change is enough: the publication is looked for at the first. Its name is read as an identifier. */
const PEEK = `
  select count(*) from pg_catalog.pg_logical_slot_peek_binary_changes(
    $1, null, 1, 'proto_version', '1', 'publication_names', quote_ident($2)
  )`;
