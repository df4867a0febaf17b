import { expect, test } from 'vitest';
import { createUpstreamPlaces, type UpstreamUse } from '../src/upstream/places.ts';
import { timeForUpstreams } from '../src/upstream/time.ts';
import { useUpstream } from '../src/upstream/use-upstream.ts';

const OWNED = { org_id: 'org', project_id: 'prj' };
const BOUNDS = [
  { use: 'check', ofProject: 4, ofOrganization: 8, inAll: 100 },
  { use: 'introspection', ofProject: 2, ofOrganization: 2, inAll: 6 },
] as const;

const forever = async (signal: AbortSignal) =>
  await new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

/** What callers can do at once until they go away. */
function callers() {
  const gone = new AbortController();
  const ctx = { upstreamPlaces: createUpstreamPlaces(), callerGone: () => gone.signal };
  const busy: Promise<unknown>[] = [];
  const one = async (use: UpstreamUse, of = OWNED) => await useUpstream(ctx, of, forever, use);
  return {
    ...{ ctx, one },
    keepBusy: (use: UpstreamUse, count: number, of: (i: number) => typeof OWNED) => {
      busy.push(...Array.from({ length: count }, async (_, i) => await one(use, of(i))));
    },
    leave: async () => {
      gone.abort(new Error('gone'));
      const ends = await Promise.allSettled(busy);
      expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
      expect(ctx.upstreamPlaces.taken()).toBe(0);
    },
  };
}

test('a place is free again when what had it fails', async () => {
  const ctx = { upstreamPlaces: createUpstreamPlaces() };
  for (let round = 0; round < 10; round += 1) {
    const failing = useUpstream(ctx, OWNED, async () => await Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
  }
  expect(ctx.upstreamPlaces.taken()).toBe(0);
});

test.each(BOUNDS)('a project has its places for $use, and is told so', async ({ use, ofProject }) => {
  const { one, keepBusy, leave } = callers();
  keepBusy(use, ofProject, () => OWNED);
  await expect(one(use)).rejects.toMatchObject({
    ...{ code: 'RATE_LIMITED', message: expect.stringContaining('This project has') as string },
    retryAfterSeconds: expect.any(Number) as number,
  });
  await leave();
});

test.each(BOUNDS)(
  'an organization has its places for $use however many projects it has, and leaves the others theirs',
  async ({ use, ofOrganization }) => {
    const { ctx, one, keepBusy, leave } = callers();
    keepBusy(use, ofOrganization, (i) => ({ ...OWNED, project_id: `prj_${i}` }));
    await expect(one(use, { ...OWNED, project_id: 'prj_one_more' })).rejects.toMatchObject({
      ...{ code: 'RATE_LIMITED', message: expect.stringContaining('This organization has') as string },
    });
    const others = { org_id: 'org_other', project_id: 'prj_other' };
    expect(await useUpstream(ctx, others, async () => await Promise.resolve('served'), use)).toBe('served');
    await leave();
  },
);

test.each(BOUNDS)('all have $inAll places for $use, and one more waits for none', async ({ use, inAll }) => {
  const { one, keepBusy, leave } = callers();
  keepBusy(use, inAll, (i) => ({ org_id: `org_${i}`, project_id: `prj_${i}` }));
  await expect(one(use)).rejects.toMatchObject({
    ...{ code: 'UNAVAILABLE', retryAfterSeconds: expect.any(Number) as number },
  });
  await leave();
});

test('what was introspected keeps its place until the answer was sent', async () => {
  const answered = Promise.withResolvers<void>();
  const ctx = { upstreamPlaces: createUpstreamPlaces(), untilAnswered: async () => await answered.promise };
  await useUpstream(ctx, OWNED, async () => await Promise.resolve(), 'check');
  expect(ctx.upstreamPlaces.taken()).toBe(0);
  await useUpstream(ctx, OWNED, async () => await Promise.resolve(), 'introspection');
  expect(ctx.upstreamPlaces.taken()).toBe(1);
  answered.resolve();
  await expect.poll(ctx.upstreamPlaces.taken).toBe(0);
});

test('what is under way when the service stops is given up and says so, and nothing begins any more', async () => {
  const ctx = { upstreamPlaces: createUpstreamPlaces() };
  const cutOff = useUpstream(ctx, OWNED, async (signal) => {
    await forever(signal).catch(() => {});
    throw new Error('the connection was lost');
  });
  const isStopped = { code: 'UNAVAILABLE', message: expect.stringContaining('restarted') as string };
  const hears = expect(cutOff).rejects.toMatchObject(isStopped);
  ctx.upstreamPlaces.stop();
  await hears;
  await expect(useUpstream(ctx, OWNED, forever)).rejects.toMatchObject(isStopped);
  expect(ctx.upstreamPlaces.taken()).toBe(0);
});

test('what came to its end although the service stops is answered', async () => {
  const ctx = { upstreamPlaces: createUpstreamPlaces() };
  const done = useUpstream(ctx, OWNED, async (signal) => await forever(signal).catch(() => 'made'));
  ctx.upstreamPlaces.stop();
  expect(await done).toBe('made');
});

test('whoever has gone before it begins has it stopped at once', async () => {
  const ctx = { upstreamPlaces: createUpstreamPlaces(), callerGone: () => AbortSignal.abort() };
  const isStopped = await useUpstream(ctx, OWNED, async ({ aborted }) => await Promise.resolve(aborted));
  expect(isStopped).toBe(true);
});

test('all uses of one request have one time together, however many they are', async () => {
  const ctx = { upstreamPlaces: createUpstreamPlaces(), timeOver: timeForUpstreams() };
  expect(ctx.timeOver()).toBe(ctx.timeOver());
  const over = AbortSignal.abort(new DOMException('over', 'TimeoutError'));
  const late = { ...ctx, timeOver: () => over };
  const reasons = await Promise.all(
    [1, 2].map(async () => await useUpstream(late, OWNED, ({ reason }) => Promise.resolve(reason as Error))),
  );
  expect(reasons.map(({ name }) => name)).toEqual(['TimeoutError', 'TimeoutError']);
});
