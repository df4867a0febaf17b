/** What a client reads, and what the right answers are: what was acknowledged last, and nothing else. */
import { isDeepStrictEqual } from 'node:util';
import type { Answer } from '../judge.ts';
import { etagOf, expectedView, type Kept, type Ledger, type View } from '../ledger.ts';
import { expectAnswer, pathOf, stateOf, type Hand } from './hand.ts';
import type { Kind } from './kinds.ts';

/** More than any list of one tenant has. */
const PAGE_SIZE = 100;

type Reader = Pick<Hand, 'account' | 'ledger' | 'orgId'>;

export async function read({ account, ledger }: Reader, kept: Kept): Promise<void> {
  await account.settle({
    ...{ kind: `${kept.kind.name}.get`, method: 'GET', path: pathOf(kept) },
    expect: (answer) => expectState(answer, kept, ledger),
  });
}

/** Reads a database with its password. */
export async function reveal({ account, ledger }: Reader, kept: Kept): Promise<void> {
  await account.settle({
    ...{ kind: 'database.reveal', method: 'GET', path: pathOf(kept), query: { show_sensitive: true } },
    expect: (answer) => {
      const wrong = expectState(answer, kept, ledger);
      if (wrong !== undefined) return wrong;
      return (answer.body as View)['password'] === kept.secret ? undefined : 'the password is another one';
    },
  });
}

/** Lists all of a kind in one place. */
export async function list({ account, ledger, orgId }: Reader, kind: Kind, parent?: Kept): Promise<void> {
  const living = ledger.kept.filter(
    (each) => each.kind === kind && each.orgId === orgId && each.parent === parent && !each.isGone,
  );
  const expected = new Map(living.map((each) => [each.id, expectedView(each, ledger)]));
  await account.settle({
    ...{ kind: `${kind.name}.list`, method: 'GET', path: kind.collection(orgId, parent) },
    query: { page_size: PAGE_SIZE, ...(kind.name === 'project' && { org_id: orgId }) },
    expect: (answer) =>
      expectAnswer(answer, 200, (body) => {
        const found = body[kind.list] as View[];
        const views = new Map(found.map((view) => [kind.idOf(view), stateOf(view)]));
        return found.length === views.size && isDeepStrictEqual(views, expected);
      }),
  });
}

/** Reads what the log of the organization has of one resource: what was acknowledged, each time once. */
export async function readLog({ account, orgId }: Reader, kept: Kept): Promise<void> {
  const { kind, id, parent, done } = kept;
  const expected = [...done].flatMap(([action, times]) => Array.from({ length: times }, () => action));
  await account.settle({
    ...{ kind: 'auditLog.get', method: 'GET', path: `/v1/organizations/${orgId}/audit-log` },
    query: { resource_id: kind.auditId(id, parent), page_size: PAGE_SIZE },
    expect: (answer) =>
      expectAnswer(answer, 200, (body) => {
        const actions = (body['entries'] as { action: string }[]).map(({ action }) => action);
        // How often a password was shown is not counted here; with it the entries may take more than a page.
        const mutations = actions.filter((action) => action !== 'database.reveal').toSorted();
        return actions.length === PAGE_SIZE || isDeepStrictEqual(mutations, expected.toSorted());
      }),
  });
}

function expectState(answer: Answer, kept: Kept, ledger: Ledger): string | undefined {
  const expected = expectedView(kept, ledger);
  const wrong = expectAnswer(answer, 200, (body) => isDeepStrictEqual(stateOf(body), expected));
  const [found, etag] = [answer.headers.get('etag'), etagOf(kept, ledger)];
  return wrong ?? (found === etag ? undefined : `version ${found} in place of ${etag}`);
}
