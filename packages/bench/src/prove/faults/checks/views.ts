/** Reads everything that was acknowledged back through the API, and has every chain of the audit log verified. */
import type { Account } from '../traffic/account.ts';
import { expectAnswer, pathOf } from '../traffic/hand.ts';
import type { Kept, Ledger } from '../ledger.ts';
import { quote } from '../judge.ts';
import { list, read, reveal } from '../traffic/reads.ts';
import { API_KEY, CACHE_RULE, DATABASE, REPLICA } from '../traffic/kinds.ts';

interface Reader {
  readonly account: Account;
  readonly ledger: Ledger;
  readonly orgId: string;
}

/** What is there is read as it was acknowledged, and what is gone is answered 404. */
export async function readBack(by: Reader): Promise<void> {
  const own = by.ledger.kept.filter(({ orgId }) => orgId === by.orgId);
  const isThere = (kept: Kept | undefined): boolean =>
    kept === undefined || (!kept.isGone && isThere(kept.parent));
  for (const kept of own) {
    if (kept.kind === CACHE_RULE) continue;
    // A key that was revoked is still shown, as revoked.
    if (isThere(kept)) await read(by, kept);
    else if (kept.kind !== API_KEY) await findGone(by, kept);
    if (kept.kind !== DATABASE || !isThere(kept)) continue;
    await reveal(by, kept);
    await list(by, REPLICA, kept);
    await list(by, CACHE_RULE, kept);
  }
}

async function findGone({ account }: Reader, kept: Kept): Promise<void> {
  await account.settle({
    ...{ kind: `${kept.kind.name}.get`, method: 'GET', path: pathOf(kept) },
    expect: (answer) => (answer.status === 404 ? undefined : `it should be gone: ${quote(answer)}`),
  });
}

/** @throws GaveUpError when the chain does not verify, which is noted as a wrong answer too */
export async function verifyChain({ account, orgId }: Pick<Reader, 'account' | 'orgId'>): Promise<void> {
  let pageToken: string | undefined;
  do {
    const answer = await account.settle({
      ...{ kind: 'auditLog.verify', method: 'POST', path: `/v1/organizations/${orgId}/audit-log/verify` },
      ...(pageToken !== undefined && { query: { page_token: pageToken } }),
      expect: (answer) => expectAnswer(answer, 200, (body) => body['verified'] === true),
    });
    pageToken = (answer.body as { next_page_token?: string }).next_page_token;
  } while (pageToken !== undefined);
}
