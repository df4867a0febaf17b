import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rotateKeys } from '../src/keys.ts';
import { createTestDatabase } from './postgres.ts';
import {
  createOrganization,
  issueToken,
  ISSUER,
  join,
  openInstance,
  servedKids,
  signUp,
  verify,
  type Instance,
} from './support.ts';
import { jwtOptions } from '../src/tokens.ts';

let one: Instance;
let two: Instance;

beforeAll(async () => {
  const { url } = await createTestDatabase();
  one = await openInstance(url);
  two = await openInstance(url);
});
afterAll(async () => {
  await one.close();
  await two.close();
});

describe('a token', () => {
  it('verifies with jose against the served key set and carries iss, aud, sub, exp and the organizations', async () => {
    const user = await signUp(one);
    const org = await createOrganization(one, user);
    const { payload } = await verify(one, await issueToken(one, user));
    expect(payload.iss).toBe(ISSUER);
    expect(payload.aud).toBe('headgate');
    expect(payload.sub).toBe(user.id);
    expect(Number(payload.exp) - Number(payload.iat)).toBe(900);
    expect(payload.orgs).toEqual([{ id: org.id, name: `Org ${org.slug}`, slug: org.slug, role: 'owner' }]);
  });

  it('holds no personal data beyond the user id and the organizations', async () => {
    const user = await signUp(one);
    const { payload } = await verify(one, await issueToken(one, user));
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'orgs', 'sub']);
  });

  it('issued by one instance verifies against the key set of another, and a session of one opens the other', async () => {
    const user = await signUp(one);
    expect((await verify(two, await issueToken(one, user))).payload.sub).toBe(user.id);
    expect((await verify(one, await issueToken(two, user))).payload.sub).toBe(user.id);
  });

  it('shows a changed role, and a lost membership, when it is issued next', async () => {
    const owner = await signUp(one);
    const guest = await signUp(one);
    const org = await createOrganization(one, owner);
    const memberId = await join(one, [owner, guest], org.id, 'viewer');
    const roles = async (): Promise<string[]> => {
      const { payload } = await verify(two, await issueToken(two, guest));
      return payload.orgs.map((entry) => entry.role);
    };
    expect(await roles()).toEqual(['viewer']);
    const change = { memberId, role: 'admin', organizationId: org.id };
    expect(
      (await one.call('/auth/organization/update-member-role', { bearer: owner.bearer, body: change }))
        .status,
    ).toBe(200);
    expect(await roles()).toEqual(['admin']);
    const removal = { memberIdOrEmail: memberId, organizationId: org.id };
    expect(
      (await one.call('/auth/organization/remove-member', { bearer: owner.bearer, body: removal })).status,
    ).toBe(200);
    expect(await roles()).toEqual([]);
  });

  it('names the strongest of several roles', async () => {
    const owner = await signUp(one);
    const guest = await signUp(one);
    const org = await createOrganization(one, owner);
    const memberId = await join(one, [owner, guest], org.id, 'viewer');
    const change = { memberId, role: ['viewer', 'admin', 'member'], organizationId: org.id };
    const answer = await one.call('/auth/organization/update-member-role', {
      bearer: owner.bearer,
      body: change,
    });
    expect(answer.body.role).toBe('viewer,admin,member');
    const { payload } = await verify(one, await issueToken(one, guest));
    expect(payload.orgs.map((entry) => entry.role)).toEqual(['admin']);
  });

  it('lives as long as TOKEN_TTL_SECONDS says', async () => {
    const brief = await openInstance(one.config.databaseUrl, { TOKEN_TTL_SECONDS: '60' });
    const { payload } = await verify(one, await issueToken(brief, await signUp(brief)));
    expect(Number(payload.exp) - Number(payload.iat)).toBe(60);
    await brief.close();
  });

  it('is refused without a session, and for a session token whose signature is missing', async () => {
    const user = await signUp(one);
    const bare = user.bearer.slice(0, user.bearer.indexOf('.'));
    expect((await one.call('/auth/token')).status).toBe(401);
    expect((await one.call('/auth/token', { bearer: bare })).status).toBe(401);
    expect((await one.call('/auth/token', { bearer: `${bare}.AAAA` })).status).toBe(401);
  });

  it('is refused after sign-out, on every instance', async () => {
    const user = await signUp(one);
    expect((await one.call('/auth/sign-out', { method: 'POST', bearer: user.bearer })).status).toBe(200);
    expect((await two.call('/auth/token', { bearer: user.bearer })).status).toBe(401);
  });
});

describe('key rotation', () => {
  it('signs with a new key at once on every instance, while tokens of the old key verify for the grace period', async () => {
    const user = await signUp(one);
    const old = await verify(one, await issueToken(two, user));
    const oldToken = await issueToken(two, user);
    const rotation = await rotateKeys(one.auth, jwtOptions(one.config, one.db), one.db);
    expect(rotation.retired).toBe(1);

    const fresh = await verify(two, await issueToken(two, user));
    expect(fresh.kid).toBe(rotation.kid);
    expect(fresh.kid).not.toBe(old.kid);
    expect((await verify(two, oldToken)).kid).toBe(old.kid);
    expect(await servedKids(two)).toEqual(expect.arrayContaining([old.kid, fresh.kid]));
  });

  it('happens by itself when a key has signed for its interval', async () => {
    const user = await signUp(one);
    const before = await verify(one, await issueToken(one, user));
    await one.db
      .updateTable('jwks')
      .set({ expiresAt: new Date(Date.now() - 1000) })
      .where('id', '=', before.kid)
      .execute();
    const after = await verify(two, await issueToken(two, user));
    expect(after.kid).not.toBe(before.kid);
    expect(await servedKids(one)).toEqual(expect.arrayContaining([before.kid, after.kid]));
  });

  it('withdraws a key when its grace is over, and the next rotation removes it', async () => {
    const user = await signUp(one);
    const { kid } = await verify(one, await issueToken(one, user));
    await rotateKeys(one.auth, jwtOptions(one.config, one.db), one.db);
    await one.db
      .updateTable('jwks')
      .set({ expiresAt: new Date(Date.now() - 3 * 86_400_000) })
      .where('id', '=', kid)
      .execute();
    expect(await servedKids(two)).not.toContain(kid);
    expect((await rotateKeys(one.auth, jwtOptions(one.config, one.db), one.db)).removed).toBe(1);
    expect(await one.db.selectFrom('jwks').select('id').where('id', '=', kid).execute()).toEqual([]);
  });

  it('leaves exactly one signing key when five operators rotate at once', async () => {
    await Promise.all(
      Array.from(
        { length: 5 },
        async () => await rotateKeys(one.auth, jwtOptions(one.config, one.db), one.db),
      ),
    );
    const live = await one.db.selectFrom('jwks').select('id').where('expiresAt', '>', new Date()).execute();
    expect(live).toHaveLength(1);
  });

  it('keeps private keys encrypted at rest', async () => {
    const rows = await one.db.selectFrom('jwks').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain('\\"d\\"');
  });
});

describe('the first use of keys', () => {
  it('publishes every key that instances make at the same moment', async () => {
    await one.db.deleteFrom('jwks').execute();
    const user = await signUp(one);
    const tokens = await Promise.all(
      [one, two, one, two].map(async (instance) => await issueToken(instance, user)),
    );
    for (const token of tokens) expect((await verify(one, token)).payload.sub).toBe(user.id);
  });
});
