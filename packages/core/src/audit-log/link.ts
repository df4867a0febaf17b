import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { exactTime, type EntryRow } from './row.ts';

/** What stands in the first entry of a chain in place of the hash of the one before it. */
export const NO_HASH = '0'.repeat(64);

/**
 * The hash by which an entry hangs on the one before it: SHA-256, in hexadecimal, over the canonical JSON (RFC 8785) of
 * the entry as it is answered, without `position` and `hash`. Whoever holds an export can compute it.
 *
 * What is hashed never changes, or every chain written so far would seem to be altered: that is why it is not the view.
 */
export function linkHash(row: EntryRow, previousHash: string): string {
  const content = {
    id: row.id,
    org_id: row.org_id,
    ...(row.project_id !== null && { project_id: row.project_id }),
    actor: { kind: row.actor_kind, id: row.actor_id },
    action: row.action,
    resource: { kind: row.resource_kind, id: row.resource_id },
    ...(row.before !== null && { before: row.before }),
    ...(row.after !== null && { after: row.after }),
    request_id: row.request_id,
    ...(row.address !== null && { address: row.address }),
    created_at: exactTime(row),
    previous_hash: previousHash,
  };
  return createHash('sha256').update(canonical(content)).digest('hex');
}

function canonical(content: object): string {
  try {
    return canonicalize(content) ?? '';
  } catch {
    // A number beyond those of JavaScript, which jsonb holds and no view of ours does. It is answered as null.
    return canonicalize(JSON.parse(JSON.stringify(content))) ?? '';
  }
}
