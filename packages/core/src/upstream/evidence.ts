import type { Context } from '../context.ts';

/**
 * Waits for what is found out before a transaction, and hands it over in there. A failure waits too: an idempotency key
 * gets its first answer also when the upstream has changed since.
 */
export async function findOut<T>(work: Promise<T>): Promise<() => T> {
  return await work.then(
    (found) => () => found,
    (error: unknown) => () => {
      throw error;
    },
  );
}

/**
 * The context of what is written down of a test. When the caller went away meanwhile the test was given up, and that is
 * no answer to remember: whoever repeats the request with its idempotency key gets a test of their own.
 */
export function unlessGone(ctx: Context): Context {
  return ctx.callerGone?.().aborted === true ? { ...ctx, idempotency: undefined } : ctx;
}
