import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { HEALTH_REQUESTS_PER_SECOND, HEALTH_REQUESTS_PER_SECOND_OF_ADDRESS } from '../limits.ts';
import type { Admission, Place } from './admission.ts';
import { createCorsHeaders } from './cors.ts';
import type { Sender } from './senders.ts';
import { createRefuser } from './refuse.ts';
import { isQuiet } from './quiet-paths.ts';

/** How often those who wait are looked at: a small part of how long they may. */
const EXPIRE_INTERVAL_MS = 10;
const TELL_INTERVAL_MS = 1_000;

interface GateOptions {
  readonly admission: Admission;
  readonly senderOf: (request: IncomingMessage) => Sender;
  /** Lets the application answer. Resolves when it has. Without a place, the request takes none from anybody. */
  readonly answer: (request: IncomingMessage, response: ServerResponse, place?: Place) => Promise<void>;
  readonly isDraining: () => boolean;
  /** Whose pages may read answers. */
  readonly corsOrigins: readonly string[];
  readonly log: Logger;
}

/**
 * What every request comes to first, before anything is known of it but its headers. Supervisors are let through, so that
 * they hear that a busy instance is alive, and pages that ask whether they may ask; as often as supervisors do, since what
 * is let through costs everybody.
 */
export function openGate({ admission, senderOf, answer, isDraining, corsOrigins, log }: GateOptions) {
  const corsHeaders = createCorsHeaders(corsOrigins);
  const refuse = createRefuser({ isLast: isDraining, corsHeaders });
  /** A page hears of a refusal only when it was let ask (Fetch Standard, CORS-preflight fetch). */
  const isPreflight = ({ method, headers: { origin } }: IncomingMessage) =>
    method === 'OPTIONS' && corsHeaders(origin).length > 0;
  const passes = limitPasses();
  const watchers = [
    repeatWhile(EXPIRE_INTERVAL_MS, () => {
      admission.expire();
      return admission.waiting() > 0;
    }),
    tellRefusals(admission, log),
  ];
  return (request: IncomingMessage, response: ServerResponse): void => {
    if ((isQuiet(request.url) || isPreflight(request)) && passes(request.socket.remoteAddress)) {
      void answer(request, response);
      return;
    }
    const { name, isKnown } = senderOf(request);
    admission.apply({
      ...{ sender: name, isKnown },
      isGone: () => response.destroyed || request.socket.destroyed,
      start: (place) => void answer(request, response, place).finally(place.release),
      refuse: () => refuse(request, response),
    });
    if (admission.waiting() > 0) for (const watch of watchers) watch();
  };
}

/** Whether one more of this address may pass. Seconds are counted whole: twice as many within one of them harm nobody. */
function limitPasses(): (address: string | undefined) => boolean {
  let second = 0;
  let all = 0;
  const counts = new Map<string | undefined, number>();
  return (address) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      [second, all] = [now, 0];
      counts.clear();
    }
    const count = counts.get(address) ?? 0;
    if (all >= HEALTH_REQUESTS_PER_SECOND || count >= HEALTH_REQUESTS_PER_SECOND_OF_ADDRESS) return false;
    all += 1;
    counts.set(address, count + 1);
    return true;
  };
}

/**
 * One line a second for all that were refused in it: a line each would be the most of what a flood costs, and would bury
 * the lines of those who were served.
 */
function tellRefusals(admission: Admission, log: Logger): () => void {
  let [toldRefused, toldGone] = [0, 0];
  return repeatWhile(TELL_INTERVAL_MS, () => {
    const { refused, gone, waiting, working, elsewhere } = admission.state();
    const [newlyRefused, newlyGone] = [refused - toldRefused, gone - toldGone];
    [toldRefused, toldGone] = [refused, gone];
    if (newlyRefused > 0 || newlyGone > 0) {
      const line = { refused: newlyRefused, gone: newlyGone, waiting, working, elsewhere };
      log.warn(line, 'more requests than can be answered');
    }
    return waiting > 0;
  });
}

/** Does something again and again from when it is called until there is no more of it. The process may end meanwhile. */
function repeatWhile(intervalMs: number, isToGoOn: () => boolean): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    timer ??= setInterval(() => {
      if (isToGoOn()) return;
      clearInterval(timer);
      timer = undefined;
    }, intervalMs).unref();
  };
}
