import { describe, expect, it } from 'vitest';
import { createTestDatabase } from './postgres.ts';
import { issueToken, openInstance, PASSWORD, signUp, verify, type Instance } from './support.ts';

const DEMO = { DEMO_EMAIL: 'Demo@Example.com', DEMO_PASSWORD: PASSWORD };

const signInDemo = async (instance: Instance, password = PASSWORD) =>
  await instance.call('/auth/sign-in/email', { body: { email: 'demo@example.com', password } });

async function openAtOnce(count: number, env: Record<string, string> = {}): Promise<Instance[]> {
  const { url } = await createTestDatabase();
  return await Promise.all(Array.from({ length: count }, async () => await openInstance(url, env)));
}

const closeAll = async (instances: Instance[]): Promise<void> => {
  await Promise.all(instances.map(async (instance) => await instance.close()));
};

describe('ten instances that start at once on an empty database', () => {
  it('all come up, and a user of one is known to all', async () => {
    const instances = await openAtOnce(10);
    const user = await signUp(instances[0]!);
    for (const instance of instances) {
      expect((await instance.call('/readyz')).status).toBe(200);
      expect((await verify(instances[9]!, await issueToken(instance, user))).payload.sub).toBe(user.id);
    }
    await closeAll(instances);
  });
});

describe('the demo', () => {
  it('is a user who owns the organization "demo", ready for a token', async () => {
    const [instance] = (await openAtOnce(1, DEMO)) as [Instance];
    const answer = await signInDemo(instance);
    expect(answer.body.user).toMatchObject({ name: 'Demo', email: 'demo@example.com' });
    const { payload } = await verify(instance, await issueToken(instance, { bearer: answer.body.token }));
    expect(payload.orgs).toEqual([{ id: expect.any(String), name: 'Demo', slug: 'demo', role: 'owner' }]);
    await instance.close();
  });

  it('is made once when five instances start at once, and again when they start again', async () => {
    const instances = await openAtOnce(5, DEMO);
    instances.push(await openInstance(instances[0]!.config.databaseUrl, DEMO));
    const { db } = instances[0]!;
    for (const table of ['user', 'account', 'organization', 'member'] as const) {
      expect(await db.selectFrom(table).select('id').execute()).toHaveLength(1);
    }
    await closeAll(instances);
  });

  it('is made with sign-up closed', async () => {
    const [instance] = (await openAtOnce(1, { ...DEMO, IDENTITY_SIGN_UP: 'closed' })) as [Instance];
    expect((await signInDemo(instance)).status).toBe(200);
    await instance.close();
  });

  it('follows a changed DEMO_PASSWORD and ends the sessions of the old one', async () => {
    const [instance] = (await openAtOnce(1, DEMO)) as [Instance];
    const session = (await signInDemo(instance)).body.token;
    const again = await openInstance(instance.config.databaseUrl, {
      ...DEMO,
      DEMO_PASSWORD: 'a password of today',
    });
    expect((await signInDemo(again)).status).toBe(401);
    expect((await signInDemo(again, 'a password of today')).status).toBe(200);
    expect((await again.call('/auth/token', { bearer: session })).status).toBe(401);
    await closeAll([instance, again]);
  });

  it('does not enter a stranger’s organization that bears its slug, and says so', async () => {
    const [instance] = (await openAtOnce(1)) as [Instance];
    const stranger = await signUp(instance);
    await instance.call('/auth/organization/create', {
      bearer: stranger.bearer,
      body: { name: 'Mine', slug: 'demo' },
    });
    const demo = await openInstance(instance.config.databaseUrl, DEMO);
    const { payload } = await verify(
      demo,
      await issueToken(demo, { bearer: (await signInDemo(demo)).body.token }),
    );
    expect(payload.orgs).toEqual([]);
    expect(demo.lines.join('')).toContain('the slug is taken');
    await closeAll([instance, demo]);
  });
});

describe('a start with another secret', () => {
  it('is refused by name instead of failing with every token', async () => {
    const [instance] = (await openAtOnce(1)) as [Instance];
    const other = openInstance(instance.config.databaseUrl, {
      IDENTITY_SECRET: 'another-secret-0123456789-0123456789-xyz',
    });
    await expect(other).rejects.toThrow(/^IDENTITY_SECRET does not open/);
    await instance.close();
  });
});
