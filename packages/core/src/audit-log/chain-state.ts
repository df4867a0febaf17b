import { prepare, query } from '@headgate/db';
import type { Vault } from '@headgate/vault';
import { checkSeal, type ChainHead } from './seal.ts';

const ofHead = <C extends 'length' | 'hash' | 'seal'>(orgId: string, column: C) =>
  query.selectFrom('audit_chains').where('org_id', '=', orgId).select(column);
const ofLast = <C extends 'id' | 'position' | 'hash'>(orgId: string, column: C) =>
  query
    .selectFrom('audit_entries')
    .where('org_id', '=', orgId)
    .where('position', 'is not', null)
    .orderBy('position', 'desc')
    .limit(1)
    .select(column);

/** The end of a chain as it was written down, and as the entries have it: one statement, and so one moment. */
export const readChainState = prepare((orgId: string) =>
  query.selectNoFrom([
    ofHead(orgId, 'length').as('length'),
    ofHead(orgId, 'hash').as('hash'),
    ofHead(orgId, 'seal').as('seal'),
    ofLast(orgId, 'id').as('last_id'),
    ofLast(orgId, 'position').as('last_position'),
    ofLast(orgId, 'hash').as('last_hash'),
  ]),
);

/** What {@link readChainState} reads. */
export interface ChainStateRow {
  readonly length: number | null;
  readonly hash: string | null;
  readonly seal: string | null;
  readonly last_id: string | null;
  readonly last_position: number | null;
  readonly last_hash: string | null;
}

export interface ChainState {
  /** The end as it was written down, whether or not that can be believed. */
  readonly head: ChainHead | undefined;
  readonly seal: 'intact' | 'forged' | 'unknown' | 'absent';
  /** The key that the seal names. */
  readonly sealKeyId: string | undefined;
  /** The entry at the highest position. */
  readonly last: { readonly id: string; readonly position: number; readonly hash: string } | undefined;
}

/** Makes sense of what was read. */
export function chainState(vault: Vault, orgId: string, row: ChainStateRow | undefined): ChainState {
  const last = lastOf(row);
  const { length = null, hash = null, seal = null } = row ?? {};
  if (length === null || hash === null || seal === null) {
    return { head: undefined, seal: 'absent', sealKeyId: undefined, last };
  }
  return {
    head: { length, hash },
    seal: checkSeal(vault, orgId, { length, hash, seal }),
    sealKeyId: seal.split(':', 1)[0],
    last,
  };
}

function lastOf(row: ChainStateRow | undefined): ChainState['last'] {
  const { last_id: id = null, last_position: position = null, last_hash: hash = null } = row ?? {};
  return id === null || position === null || hash === null ? undefined : { id, position, hash };
}

/**
 * Whether a chain ends as it was sealed, or has not begun. Only such a chain may be extended: to seal another end
 * would make a forgery genuine.
 */
export function isExtendable({ head, seal, last }: ChainState): boolean {
  if (head === undefined) return last === undefined;
  return seal === 'intact' && last?.position === head.length && last.hash === head.hash;
}
