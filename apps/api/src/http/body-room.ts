import { HeadgateError, unavailable } from '@headgate/core';
import { MAX_BODIES_AWAITED, MAX_BODY_BYTES_PER_ACTOR, MAX_BODY_BYTES_UNDER_WAY } from '../limits.ts';
import type { AppEnv } from './env.ts';

const RETRY_AFTER_SECONDS = 1;

/** The room that bodies have on this instance. */
export interface BodyRoom {
  /**
   * Takes room for a body.
   *
   * @returns gives it back
   * @throws HeadgateError RATE_LIMITED when the actor has too much of it, UNAVAILABLE when there is none left
   */
  readonly take: (actor: string, bytes: number) => () => void;
  /**
   * Waits for a body while others are served. When there are too many on their way the one that has been for longest is
   * given up: those who send at once are not kept out by those who send a byte now and then.
   *
   * @throws HeadgateError UNAVAILABLE when it was given up
   */
  readonly receive: <T>(env: AppEnv['Bindings'], arrival: () => Promise<T>) => Promise<T>;
}

export function createBodyRoom(): BodyRoom {
  const bytesOf = new Map<string, number>();
  let total = 0;
  // A Set keeps the order in which it was filled.
  const awaited = new Set<() => void>();

  async function arriveOrGiveUp<T>(arrival: () => Promise<T>): Promise<T> {
    const givenUp = Promise.withResolvers<never>();
    const giveUp = () =>
      givenUp.reject(
        unavailable('Too many bodies are on their way, and yours for longest.', { bound: 'bodies' }),
      );
    awaited.add(giveUp);
    const [oldest] = awaited;
    if (awaited.size > MAX_BODIES_AWAITED) oldest?.();
    try {
      return await Promise.race([arrival(), givenUp.promise]);
    } finally {
      awaited.delete(giveUp);
    }
  }

  return {
    take: (actor, bytes) => {
      const held = bytesOf.get(actor) ?? 0;
      if (held + bytes > MAX_BODY_BYTES_PER_ACTOR) throw tooMuchOfOne();
      if (total + bytes > MAX_BODY_BYTES_UNDER_WAY)
        throw unavailable('Too many large bodies are under way.', { bound: 'bodies' });
      total += bytes;
      bytesOf.set(actor, held + bytes);
      return () => {
        total -= bytes;
        const left = (bytesOf.get(actor) ?? 0) - bytes;
        if (left <= 0) bytesOf.delete(actor);
        else bytesOf.set(actor, left);
      };
    },
    receive: async ({ incoming, place }, arrival) => {
      if (incoming.complete || place === undefined) return await arrival();
      return await place.whileElsewhere(async () => await arriveOrGiveUp(arrival));
    },
  };
}

function tooMuchOfOne(): HeadgateError {
  return new HeadgateError(
    'RATE_LIMITED',
    `Too many large bodies of yours are under way. Repeat this one in ${RETRY_AFTER_SECONDS} second.`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS, bound: 'bodies' },
  );
}
