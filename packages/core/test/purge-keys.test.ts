import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey, purgeExpired, revokeApiKey } from '../src/index.ts';
import { orgOf, startCore, type Core } from './support.ts';

const WINDOW_MS = 30 * 86_400_000;

let house: Core;
beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());

const ids = async () => (await house.owner`select id from api_keys order by id`).map(({ id }) => String(id));

describe('an API key is purged', () => {
  test('30 days after it was revoked or has expired, and not a moment earlier; one that is good stays', async () => {
    const ctx = house.context();
    const create = async (expires_at?: string) => {
      const key = { name: 'key', scopes: ['projects:read' as const], ...(expires_at && { expires_at }) };
      return (await createApiKey({ ctx, input: { orgId: orgOf(ctx), key } })).view.id;
    };
    const good = await create();
    const revoked = await create();
    const expiring = await create(new Date(house.clock.now().getTime() + 1000).toISOString());
    await revokeApiKey({ ctx, input: { orgId: orgOf(ctx), keyId: revoked } });

    house.clock.advance(WINDOW_MS - 1);
    expect(await purgeExpired(house)).toMatchObject({ apiKeys: 0 });
    house.clock.advance(1);
    expect(await purgeExpired(house)).toMatchObject({ apiKeys: 1 });
    expect(await ids()).toEqual([good, expiring].toSorted());
    house.clock.advance(1000);
    expect(await purgeExpired(house)).toMatchObject({ apiKeys: 1 });
    expect(await ids()).toEqual([good]);
  });
});

test('an idempotency record goes when it is due, and not with that of a namesake of another kind', async () => {
  const [now, hour] = [house.clock.now(), 3_600_000];
  const record = (kind: string, expiresInMs: number) => ({
    ...{ actor_kind: kind, actor_id: 'same', key: 'same', org_id: 'org', operation: 'project.create' },
    ...{ fingerprint: 'k:f', answer: '{}', created_at: new Date(now.getTime() - 2 * hour) },
    expires_at: new Date(now.getTime() + expiresInMs),
  });
  await house.owner`insert into idempotency_records ${house.owner(record('user', -hour))}`;
  await house.owner`insert into idempotency_records ${house.owner(record('api_key', hour))}`;
  expect(await purgeExpired(house)).toMatchObject({ idempotencyRecords: 1 });
  expect(await house.owner`select actor_kind from idempotency_records`).toMatchObject([
    { actor_kind: 'api_key' },
  ]);
});
