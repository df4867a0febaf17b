/** What a client changes, each write until it is known what became of it, and what the right answers are. */
import { isDeepStrictEqual } from 'node:util';
import { quote, type Answer } from '../judge.ts';
import { etagOf, expectedView, type Kept, type View } from '../ledger.ts';
import type { Call } from './account.ts';
import { expectAnswer, making, pathOf, stateOf, without, type Hand } from './hand.ts';
import type { Kind } from './kinds.ts';

/** The share of writes that are sent twice at once, and of those that are sent once more when they were answered. */
const TWICE = 0.1;
const AGAIN = 0.1;

export async function create(hand: Hand, kind: Kind, parent?: Kept): Promise<Kept> {
  const { ledger, orgId } = hand;
  const { body, secret } = kind.input(making(hand));
  const asked = without(body, ['password', 'org_id', 'sql']);
  const answer = await keyed(hand, {
    ...{ kind: `${kind.name}.create`, method: 'POST', path: kind.collection(orgId, parent), body },
    expect: (answer) =>
      expectAnswer(answer, 201, (made) => {
        const view = kind.unwrap(made);
        return isDeepStrictEqual({ ...view, ...asked }, view);
      }),
  });
  const view = kind.unwrap(answer.body as View);
  const key = typeof view['api_key'] === 'string' ? view['api_key'] : undefined;
  if (key !== undefined) hand.know(key);
  return ledger.create({
    kind,
    id: kind.idOf(view),
    orgId,
    parent,
    view: stateOf(view),
    secret: secret ?? key,
  });
}

/** Asks for one to be made, and leaves it at that, whatever comes of it. */
export async function createAndForget(hand: Hand, kind: Kind): Promise<void> {
  const { account, ledger, orgId } = hand;
  const { body } = kind.input(making(hand));
  const verdict = await account.ask({
    ...{ kind: `${kind.name}.create`, method: 'POST', path: kind.collection(orgId, undefined), body },
    expect: (answer) => expectAnswer(answer, 201, () => true),
  });
  const { name } = body as { name: string };
  ledger.forget({ kind, orgId, name, isAcknowledged: verdict.kind === 'right' });
}

export async function change(hand: Hand, kept: Kept): Promise<void> {
  const { ledger } = hand;
  const { kind } = kept;
  const made = kind.change?.(kept.view, making(hand));
  if (made === undefined) return;
  const expected = withoutTime({ ...expectedView(kept, ledger), ...made.view });
  const answer = await keyed(hand, {
    ...{ kind: `${kind.name}.update`, method: kind.changeMethod, path: pathOf(kept), body: made.body },
    // Put again without a key, it would find its own version in place of the one that it was sent for.
    headers: kind.changeMethod === 'PATCH' ? { 'If-Match': etagOf(kept, ledger) } : {},
    expect: (answer) =>
      expectAnswer(answer, 200, (body) => isDeepStrictEqual(withoutTime(kind.unwrap(body)), expected)),
  });
  const view = stateOf(kind.unwrap(answer.body as View));
  ledger.acknowledge(kept, 'update', { view, ...(made.secret !== undefined && { secret: made.secret }) });
}

/** Deletes or revokes it. To delete again what is deleted already is answered 404, and to revoke again 204. */
export async function remove({ account, ledger }: Hand, kept: Kept): Promise<void> {
  const { kind } = kept;
  await account.settle({
    ...{ kind: `${kind.name}.${kind.end}`, method: 'DELETE', path: pathOf(kept) },
    expect: (answer, isAgain) => {
      const isOver = answer.status === 204 || (isAgain && kind.end === 'delete' && answer.status === 404);
      return isOver ? undefined : quote(answer);
    },
  });
  ledger.acknowledge(kept, kind.end, { isGone: true });
}

export async function restore(hand: Hand, kept: Kept): Promise<void> {
  const expected = withoutTime(kept.view);
  const answer = await keyed(hand, {
    ...{ kind: `${kept.kind.name}.restore`, method: 'POST', path: `${pathOf(kept)}/restore` },
    expect: (answer) => expectAnswer(answer, 200, (body) => isDeepStrictEqual(withoutTime(body), expected)),
  });
  hand.ledger.acknowledge(kept, 'restore', { view: stateOf(answer.body as View), isGone: false });
}

/** Sends a write with a key of its own; now and then twice at once, or again when it was answered. */
async function keyed(hand: Hand, call: Call): Promise<Answer> {
  const { account, chance, ledger, orgId } = hand;
  // To put something twice is to put it once: it takes no key.
  if (call.method === 'PUT') return await account.settle(call);
  const key = crypto.randomUUID();
  const first = { ...call, headers: { ...call.headers, 'Idempotency-Key': key } };
  const [answer, ...others] = await Promise.all([
    account.settle(first),
    ...(chance.isLucky(TWICE) ? [account.settle(first)] : []),
  ]);
  if (chance.isLucky(AGAIN)) others.push(await account.settle(first));
  for (const other of others) {
    if (isDeepStrictEqual([other.status, other.body], [answer.status, answer.body])) continue;
    hand.complain(`${call.kind}: a repeated key was answered ${quote(other)} in place of ${quote(answer)}`);
  }
  ledger.remember({ orgId, key, view: without(answer.body as View, ['api_key']) });
  return answer;
}

function withoutTime(view: View): View {
  return without(stateOf(view), ['updated_at']);
}
