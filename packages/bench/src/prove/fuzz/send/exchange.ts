/** Sends a request and judges its answer. */
import { setTimeout } from 'node:timers/promises';
import type { Evidence } from '../../evidence.ts';
import type { Contract } from '../contract/contract.ts';
import type { Case } from '../generate/case.ts';
import { isObject } from '../generate/sites.ts';
import { judge, type Breach } from '../judge/judge.ts';
import { openConnection, type Sent } from './connection.ts';
import type { Answer } from './read-answer.ts';
import { createTurns } from './turns.ts';

export interface Exchange {
  /** Undefined when there was none. */
  readonly answer: Answer | undefined;
  /** The body of the answer, where it is JSON. */
  readonly body: unknown;
  readonly breaches: readonly Breach[];
}

export type Ask = (theCase: Case) => Promise<Exchange>;

interface Options {
  readonly contract: Contract;
  readonly origin: string;
  readonly evidence: Evidence;
  /** Told of each answer. */
  readonly onStatus: (status: number) => void;
}

/** What an instance does few of at a time, and answers 503 beyond: how it does that is for the floods to see. */
const NARROW = /\/(?:introspect|schema-catalog)(?:\?|$)/;
const NARROW_PLACES = 4;
const inTurn = createTurns(NARROW_PLACES);
/** Other programs run on the machine too, and may keep the database from its work for a while. */
const MAX_TRIES = 5;

/** A caller's own connection. What is refused is evidence, and the keys that are answered are remembered as secrets. */
export function openExchange({ contract, origin, evidence, onStatus }: Options): {
  readonly ask: Ask;
  readonly close: () => void;
} {
  const connection = openConnection(origin);
  /** Overload is answered, and what is answered so is to be repeated: a fault of the request stays one. */
  const send = async (request: Sent, triesLeft = MAX_TRIES): Promise<Answer> => {
    const answer = await connection.send(request);
    const seconds = Number(answer.headers.get('retry-after') ?? 0);
    if (answer.status !== 503 || triesLeft === 1 || seconds === 0) return answer;
    onStatus(answer.status);
    await setTimeout(seconds * 1000);
    return await send(request, triesLeft - 1);
  };
  const ask: Ask = async (theCase) => {
    const { request } = theCase;
    const answer = await (
      NARROW.test(request.target) ? inTurn(async () => await send(request)) : send(request)
    ).catch((error: unknown) => error as Error);
    if (answer instanceof Error)
      return { answer: undefined, body: undefined, breaches: [{ promised: 'serves', what: answer.message }] };
    const { breaches, body } = judge(contract, theCase, answer);
    onStatus(answer.status);
    if (answer.status >= 300) evidence.add('refusal', 'fuzz', `${answer.status} ${answer.body.toString()}\n`);
    const key = isObject(body) ? body['api_key'] : undefined;
    if (typeof key === 'string') evidence.know(key);
    return { answer, body, breaches };
  };
  return { ask, close: connection.close };
}

/** Whether what was asked for was done. */
export function isDone({ answer }: Exchange): boolean {
  return answer !== undefined && answer.status < 300;
}
