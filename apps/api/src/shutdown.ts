/** What has been started so far, to be stopped in the opposite order, at whatever moment that is asked for. */
export interface Shutdown {
  /** Remembers how to stop what has just been started. When stopping has begun already, it is stopped at once. */
  readonly add: (stop: () => Promise<void>) => Promise<void>;
  readonly run: () => Promise<void>;
}

/** The start was given up, because it was asked to stop meanwhile. */
class StartAbandonedError extends Error {
  override readonly name = 'StartAbandonedError';
}

export function createShutdown(): Shutdown {
  const stops: (() => Promise<void>)[] = [];
  let isRunning = false;
  return {
    add: async (stop) => {
      if (isRunning) {
        await stop();
        throw new StartAbandonedError();
      }
      stops.push(stop);
    },
    run: async () => {
      isRunning = true;
      for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
    },
  };
}
