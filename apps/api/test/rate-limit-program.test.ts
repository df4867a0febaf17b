import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, createWorld, type World } from './program.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => await world.close());

/** How many requests are left to the owner, as an instance tells; none once they are refused. */
async function leftAt(url: string): Promise<number> {
  const { headers } = await call(`${url}/v1/regions`, {
    method: 'GET',
    token: world.organization.owner.token,
  });
  return Number(/^"user";r=(\d+);t=\d+$/.exec(headers.get('ratelimit') ?? '')?.[1]);
}

test('two instances told to count in PostgreSQL count together, and both stop with exit 0', async () => {
  const env = { RATE_LIMIT_STORE: 'postgres', LIMITS: '{"requests_per_second":1000}' };
  const first = world.run({ env });
  const firstUrl = await first.url();
  const second = world.run({ env });
  const secondUrl = await second.url();
  // A window may end between two requests, but not each time.
  await expect
    .poll(async () => (await leftAt(firstUrl)) - (await leftAt(secondUrl)), { timeout: 20_000, interval: 50 })
    .toBe(1);
  for (const program of [first, second]) program.signal('SIGTERM');
  expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
});

test('an instance whose Redis is not there starts, says so without the password, serves, and stops with exit 0', async () => {
  const program = world.run({ env: { RATE_LIMIT_STORE: 'redis://user:s3cret@127.0.0.1:1' } });
  const url = await program.url();
  expect(await leftAt(url)).toBeGreaterThan(0);
  await expect.poll(() => program.stdout()).toContain('each instance counts for itself');
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(program.stdout() + program.stderr()).not.toContain('s3cret');
});

test('behind a trusted proxy callers are told apart: a flood of one leaves the others in', async () => {
  const program = world.run({ env: { TRUSTED_PROXIES: '127.0.0.1', ADDRESS_FAILURES_PER_SECOND: '1' } });
  const url = await program.url();
  const ask = async (token: string, address: string) =>
    (await call(`${url}/v1/regions`, { method: 'GET', token, headers: { 'X-Forwarded-For': address } }))
      .status;
  const flood: number[] = [];
  for (let n = 0; n < 25; n += 1) flood.push(await ask('wrong', '203.0.113.9'));
  expect(flood).toContain(429);
  expect(await ask(world.organization.owner.token, '198.51.100.7')).toBe(200);
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
});
