import { query } from '@headgate/db';
import type { Context } from '../context.ts';
import type { ChainState } from './chain-state.ts';
import { altered, missing, unchained, type Findings } from './findings.ts';
import type { Previous } from './walk-chain.ts';

/** Entries behind the end of the chain, each told of by itself. */
const MAX_TOLD = 20;

/** Whether the end of the chain was written down by us. */
export function checkHead(state: ChainState, findings: Findings): void {
  const { head, seal, sealKeyId, last } = state;
  const position = head?.length ?? last?.position;
  const add = (message: string) =>
    findings.add({ kind: 'head', ...(position !== undefined && { position }), message });
  if (seal === 'absent' && last !== undefined) {
    add('The end of the chain was written down, and is gone.');
  } else if (seal === 'forged') {
    add('The end of the chain, as it is written down, is not what was sealed.');
  } else if (seal === 'unknown') {
    add(
      `The end of the chain is sealed under the key ${JSON.stringify(sealKeyId)}, which is not in the vault: it is forged, ` +
        'or the key was dropped too early. If it was yours, add it to VAULT_KEYS again and run rotate-vault-keys.',
    );
  }
}

interface End {
  readonly state: ChainState;
  /** The last entry that was walked. */
  readonly previous: Previous;
}

/** Holds the last entry against what was sealed, when all before it has been walked. */
export async function checkEnd(
  ctx: Context,
  orgId: string,
  { state, previous }: End,
  findings: Findings,
): Promise<void> {
  const { head, seal, last } = state;
  if (head === undefined || seal !== 'intact') return;
  // The sealed entry is the last one, wherever it stands: what is missing or too much was found before it.
  if (last?.hash === head.hash && !previous.isAltered) return;
  if (previous.position < head.length) findings.add(missing(previous.position + 1, head.length));
  else if (previous.hash !== head.hash && !previous.isAltered) {
    const message =
      'It is not the entry that was sealed as the last one: it, or some before it, were altered and hashed anew.';
    findings.add(altered({ id: previous.id ?? '', position: previous.position }, message));
  }
  // A chain with entries behind its end is not extended: none of them was chained by us since it was read.
  if ((last?.position ?? 0) <= head.length) return;
  for (const { id, position } of await ctx.store.read([orgId], behind(orgId, head.length))) {
    const place = Math.min(position ?? 0, Number.MAX_SAFE_INTEGER);
    findings.add(
      unchained({ id, position: place }, 'It stands behind the end of the chain that was sealed.'),
    );
  }
}

function behind(orgId: string, position: number) {
  return query
    .selectFrom('audit_entries')
    .where('org_id', '=', orgId)
    .where('position', '>', position)
    .orderBy('position')
    .select(['id', 'position'])
    .limit(MAX_TOLD);
}
