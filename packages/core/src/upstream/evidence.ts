import type { Context } from '../context.ts';

/**
 * The context of what is written down of a test. When the caller went away meanwhile the test was given up, and that is
 * no answer to remember: whoever repeats the request with its idempotency key gets a test of their own.
 */
export function unlessGone(ctx: Context): Context {
  return ctx.callerGone?.().aborted === true ? { ...ctx, idempotency: undefined } : ctx;
}
