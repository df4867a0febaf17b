import { expect, test } from 'vitest';
import { createUpstreamPlaces } from '../src/upstream/places.ts';
import { timeForUpstreams } from '../src/upstream/time.ts';
import { useUpstream } from '../src/upstream/use-upstream.ts';

const forever = async (signal: AbortSignal) =>
  await new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

test('a place is free again when what had it fails', async () => {
  const ctx = { upstreamPlaces: createUpstreamPlaces() };
  for (let round = 0; round < 10; round += 1) {
    const failing = useUpstream(ctx, 'prj', async () => await Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
  }
  expect(ctx.upstreamPlaces.taken.size).toBe(0);
});

test('all projects together have 50 places, and one more waits for none', async () => {
  const gone = new AbortController();
  const ctx = { upstreamPlaces: createUpstreamPlaces(), callerGone: () => gone.signal };
  const projects = Array.from({ length: 50 }, (_, i) => `prj_${i}`);
  const busy = projects.map(async (id) => await useUpstream(ctx, id, forever));
  await expect(useUpstream(ctx, 'prj_one_more', forever)).rejects.toMatchObject({
    ...{ code: 'UNAVAILABLE', retryAfterSeconds: expect.any(Number) as number },
  });
  gone.abort(new Error('gone'));
  const ends = await Promise.allSettled(busy);
  expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
  expect(ctx.upstreamPlaces.taken.size).toBe(0);
});

test('whoever has gone before it begins has it stopped at once', async () => {
  const ctx = { upstreamPlaces: createUpstreamPlaces(), callerGone: () => AbortSignal.abort() };
  const isStopped = await useUpstream(ctx, 'prj', async ({ aborted }) => await Promise.resolve(aborted));
  expect(isStopped).toBe(true);
});

test('all uses of one request have one time together, however many they are', async () => {
  const ctx = { upstreamPlaces: createUpstreamPlaces(), timeOver: timeForUpstreams() };
  expect(ctx.timeOver()).toBe(ctx.timeOver());
  const over = AbortSignal.abort(new DOMException('over', 'TimeoutError'));
  const late = { ...ctx, timeOver: () => over };
  const reasons = await Promise.all(
    [1, 2].map(async () => await useUpstream(late, 'prj', ({ reason }) => Promise.resolve(reason as Error))),
  );
  expect(reasons.map(({ name }) => name)).toEqual(['TimeoutError', 'TimeoutError']);
});
