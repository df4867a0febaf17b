/** One caller of the fuzz: a tenant, its resources, and a connection of its own. */
import { createChance } from '../chance.ts';
import { isPathOf, type Contract } from './contract/contract.ts';
import { whereOf } from './findings.ts';
import { followPage, followPassword, followRead, followWrite } from './follow/follow-up.ts';
import { unwrap } from './follow/places.ts';
import { followKey, takesKey, withKey } from './follow/repeat.ts';
import type { Case } from './generate/case.ts';
import type { Generator } from './generate/generate.ts';
import type { Ids } from './generate/names.ts';
import type { Breach } from './judge/judge.ts';
import { setScene, type Call, type Scene, type Surroundings } from './scene.ts';
import type { Sent } from './send/connection.ts';
import { isDone, openExchange, type Exchange } from './send/exchange.ts';
import { shrink } from './shrink.ts';
import type { Tally } from './tally.ts';

export interface Caller {
  readonly orgId: string;
  /** The value of `Authorization` at any time. */
  readonly authorization: () => Promise<string>;
}

export interface WorkerOptions {
  readonly contract: Contract;
  readonly generator: Generator;
  readonly seed: number;
  readonly origin: string;
  readonly surroundings: Surroundings;
  readonly tally: Tally;
}

export interface Worker {
  readonly ids: () => Ids;
  /** Sends the request of a number, and looks behind it. */
  readonly work: (number: number, foreign: Ids) => Promise<void>;
  readonly close: () => void;
}

/** How many requests come from a program with a key. */
const KEY_SHARE = 0.2;
/** How many accepted requests are asked again with their idempotency key. */
const REPEAT_SHARE = 0.15;

export async function createWorker(options: WorkerOptions, caller: Caller, index: number): Promise<Worker> {
  const { contract, generator, seed, origin, surroundings, tally } = options;
  const { evidence } = surroundings;
  const { ask, close } = openExchange({ contract, origin, evidence, onStatus: tally.countAnswer });
  const chance = createChance(seed + index);
  let number = index;

  const note = (theCase: Case, breach: Breach, { answer }: Pick<Exchange, 'answer'>): boolean => {
    const text = answer === undefined ? '' : `${answer.status} ${answer.body.toString()}`;
    const { kind, request } = theCase;
    return tally.findings.add(breach, { where: whereOf(theCase), kind, number, request, answer: text });
  };
  const send = async (request: Sent): Promise<Exchange> => {
    const [path = ''] = request.target.split('?');
    const operation = contract.operations.find(
      (each) => each.method === request.method && isPathOf(each, path),
    );
    const theCase: Case = { operation, kind: 'follow-up', request, wanted: { kind: 'open' } };
    const exchange = await ask(theCase);
    for (const breach of exchange.breaches) note(theCase, breach, exchange);
    return exchange;
  };
  const call: Call = async (method, target, body) => {
    const credential = ['Authorization', await caller.authorization()] as const;
    if (body === undefined) return await send({ method, target, headers: [credential] });
    const headers = [credential, ['Content-Type', 'application/json']] as const;
    return await send({ method, target, headers, body: JSON.stringify(body) });
  };
  const set = async () => await setScene(call, { orgId: caller.orgId, surroundings, chance });
  let scene: Scene = await set();

  const work: Worker['work'] = async (next, foreign) => {
    number = next;
    const value = chance.isLucky(KEY_SHARE) ? `Bearer ${scene.apiKey}` : await caller.authorization();
    const credential = ['Authorization', value] as const;
    const made = generator.make(next, { names: { ...scene.names(), foreign }, credential });
    if (made === undefined) return;
    const isRepeated = made.wanted.kind === 'accepted' && takesKey(made) && chance.isLucky(REPEAT_SHARE);
    const theCase = isRepeated ? { ...made, request: withKey(made.request, crypto.randomUUID()) } : made;
    tally.countGenerated(theCase);
    const isDeleted = await deleteFirst(call, theCase);
    const first = await ask(theCase);
    for (const breach of first.breaches) {
      if (!note(theCase, breach, first)) continue;
      const smaller = await shrink(theCase, breach, async (each) => (await ask(each)).breaches);
      tally.findings.replace(breach, whereOf(theCase), smaller);
    }
    const behind = await followUp({ contract, send, tally }, { theCase, first, isRepeated });
    for (const breach of behind) note(theCase, breach, first);
    if (isDeleted && !isDone(first)) await call('POST', theCase.request.target);
    await cleanUp(call, theCase, first);
    // What cannot be put back is a breach, and the rest needs another scene.
    await scene.mend(theCase, first).catch(async ({ message }: Error) => {
      note(theCase, { promised: 'acceptance', what: message }, first);
      scene = await set();
    });
  };
  return { ids: () => scene.names().ids, work, close };
}

interface Following {
  readonly contract: Contract;
  readonly send: (sent: Sent) => Promise<Exchange>;
  readonly tally: Tally;
}

interface Followed {
  readonly theCase: Case;
  readonly first: Exchange;
  readonly isRepeated: boolean;
}

/** What is asked behind a request that was accepted. */
async function followUp(following: Following, { theCase, first, isRepeated }: Followed): Promise<Breach[]> {
  const { tally } = following;
  if (!isDone(first)) return [];
  if (theCase.operation !== undefined) tally.countSuccess(theCase.operation.id);
  const breaches = [
    ...(await followRead(following, theCase, first)),
    ...(await followPage(following, theCase, first)),
  ];
  if (isRepeated) {
    tally.countFollowed('repeated');
    breaches.push(...(await followKey(following, theCase, first)));
  }
  if (!isWrite(theCase)) return breaches;
  tally.countFollowed('readBack');
  breaches.push(...(await followWrite(following, theCase, first)));
  breaches.push(...(await followPassword(following, theCase, first)));
  return breaches;
}

/** Tests leave nothing behind, and of an introspection nothing was sent. */
function isWrite({ operation }: Case): boolean {
  if (operation === undefined || /^(?:test|introspect|verify)/.test(operation.id)) return false;
  return operation.body !== undefined || operation.id.startsWith('restore');
}

/** What is to be restored has to be deleted first. */
async function deleteFirst(call: Call, { operation, request, wanted }: Case): Promise<boolean> {
  if (operation?.id.startsWith('restore') !== true || wanted.kind !== 'accepted') return false;
  return isDone(await call('DELETE', request.target.replace(/\/restore$/, '')));
}

/** Takes away what was made, so that no list and no limit is reached by what nobody needs. */
async function cleanUp(call: Call, { operation }: Case, { answer, body }: Exchange): Promise<void> {
  const place = answer?.headers.get('location');
  if (answer?.status !== 201 || place === undefined || operation?.id === 'introspectDatabase') return;
  const slots = unwrap(body)['replication_slots'];
  for (const slot of Array.isArray(slots) ? slots : [])
    await call('DELETE', `${place}/replication-slots/${(slot as { id: string }).id}?drop=true`);
  await call('DELETE', operation?.id === 'createReplicationSlot' ? `${place}?drop=true` : place);
}
