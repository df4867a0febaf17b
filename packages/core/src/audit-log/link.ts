import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { exactTime, type EntryRow } from './row.ts';

/** What stands in the first entry of a chain in place of the hash of the one before it. */
export const NO_HASH = '0'.repeat(64);

/** What an entry says. */
export type EntryContent = Pick<
  EntryRow,
  | 'id'
  | 'org_id'
  | 'project_id'
  | 'actor_kind'
  | 'actor_id'
  | 'action'
  | 'resource_kind'
  | 'resource_id'
  | 'request_id'
  | 'address'
> & { readonly before: unknown; readonly after: unknown };

/**
 * An entry as canonical JSON (RFC 8785), in the two parts between which `previous_hash` has its place in the order of
 * names: so it is made once for both of the hashes that are taken of it.
 */
export interface EntryText {
  readonly start: string;
  readonly end: string;
}

/**
 * The text of an entry as it is answered, without `position`, `hash` and `previous_hash`.
 *
 * What is hashed never changes, or every chain written so far would seem to be altered: that is why it is not the view.
 */
export function entryText(entry: EntryContent, createdAt: string): EntryText {
  const start = {
    action: entry.action,
    actor: { kind: entry.actor_kind, id: entry.actor_id },
    ...(entry.address !== null && { address: entry.address }),
    ...(entry.after !== null && { after: entry.after }),
    ...(entry.before !== null && { before: entry.before }),
    created_at: createdAt,
    id: entry.id,
    org_id: entry.org_id,
  };
  const end = {
    ...(entry.project_id !== null && { project_id: entry.project_id }),
    request_id: entry.request_id,
    resource: { kind: entry.resource_kind, id: entry.resource_id },
  };
  return { start: canonical(start).slice(1, -1), end: canonical(end).slice(1, -1) };
}

/** The text of an entry as it was read. */
export function textOf(row: EntryRow): EntryText {
  return entryText(row, exactTime(row));
}

/**
 * The hash by which an entry hangs on the one before it: SHA-256, in hexadecimal, over its canonical JSON with
 * `previous_hash` in its place. Whoever holds an export can compute it.
 */
export function linkHash({ start, end }: EntryText, previousHash: string): string {
  const content = `{${start},"previous_hash":${JSON.stringify(previousHash)},${end}}`;
  return createHash('sha256').update(content).digest('hex');
}

function canonical(content: object): string {
  try {
    return canonicalize(content) ?? '';
  } catch {
    // A number beyond those of JavaScript, which jsonb holds and no view of ours does. It is answered as null.
    return canonicalize(JSON.parse(JSON.stringify(content))) ?? '';
  }
}
