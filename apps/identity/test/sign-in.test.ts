import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from './postgres.ts';
import {
  issueToken,
  openInstance,
  PASSWORD,
  signUp,
  type Actor,
  type Answer,
  type Instance,
} from './support.ts';

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

const signIn = async (instance: Instance, email: string, password: string, ip?: string): Promise<Answer> =>
  await instance.call('/auth/sign-in/email', { body: { email, password }, ...(ip && { ip }) });

describe('signing in', () => {
  it('answers a session token in body and header that gets a token', async () => {
    const user = await signUp(one);
    const answer = await signIn(one, user.email.toUpperCase(), PASSWORD);
    expect(answer.status).toBe(200);
    expect(answer.body.token).toBe(answer.headers.get('set-auth-token'));
    await issueToken(two, { bearer: answer.body.token });
  });

  it('sets a cookie that scripts cannot read and other sites cannot send', async () => {
    const user = await signUp(one);
    const cookie = (await signIn(one, user.email, PASSWORD)).headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    expect(cookie).not.toMatch(/Secure/);
    const secure = await openInstance(one.config.databaseUrl, { IDENTITY_URL: 'https://id.example.com' });
    expect((await signIn(secure, user.email, PASSWORD)).headers.get('set-cookie')).toMatch(
      /^__Secure-headgate.*Secure/,
    );
    await secure.close();
  });

  it('answers a wrong password and an unknown address alike', async () => {
    const user = await signUp(one);
    const wrong = await signIn(one, user.email, 'not the password');
    const unknown = await signIn(one, 'nobody@example.com', 'not the password');
    expect(wrong.status).toBe(401);
    expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body]);
  });

  it('works for the new password only once it is changed, and can end other sessions', async () => {
    const user = await signUp(one);
    const change = {
      currentPassword: PASSWORD,
      newPassword: 'another fine password',
      revokeOtherSessions: true,
    };
    const changed = await one.call('/auth/change-password', { bearer: user.bearer, body: change });
    expect(changed.status).toBe(200);
    expect((await signIn(one, user.email, PASSWORD)).status).toBe(401);
    expect((await signIn(one, user.email, 'another fine password')).status).toBe(200);
    expect((await one.call('/auth/token', { bearer: user.bearer })).status).toBe(401);
  });
});

describe('signing up', () => {
  const attempt = async (instance: Instance, password: string): Promise<Answer> =>
    await instance.call('/auth/sign-up/email', { body: { name: 'x', email: 'short@example.com', password } });

  it('refuses passwords that are too short or too long', async () => {
    expect((await attempt(one, 'too short')).body.code).toBe('PASSWORD_TOO_SHORT');
    expect((await attempt(one, 'x'.repeat(129))).body.code).toBe('PASSWORD_TOO_LONG');
  });

  it('is refused when it is closed, while those who have an account sign in', async () => {
    const closed = await openInstance(one.config.databaseUrl, { IDENTITY_SIGN_UP: 'closed' });
    expect((await attempt(closed, PASSWORD)).body.code).toBe('EMAIL_PASSWORD_SIGN_UP_DISABLED');
    const user = await signUp(one);
    expect((await signIn(closed, user.email, PASSWORD)).status).toBe(200);
    await closed.close();
  });

  it('makes one account of ten simultaneous sign-ups with one address', async () => {
    const body = { name: 'x', email: 'twin@example.com', password: PASSWORD };
    const answers = await Promise.all(
      Array.from(
        { length: 10 },
        async (_, index) => await (index % 2 ? one : two).call('/auth/sign-up/email', { body }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 422)).toHaveLength(9);
  });

  it('serves forty simultaneous newcomers with the small pool', async () => {
    const users = await Promise.all(Array.from({ length: 40 }, async () => await signUp(one)));
    expect(new Set(users.map((user: Actor) => user.id)).size).toBe(40);
  });

  it('does not let the caller choose fields that are not its own', async () => {
    const body = {
      name: 'x',
      email: 'sly@example.com',
      password: PASSWORD,
      emailVerified: true,
      id: 'chosen',
    };
    const answer = await one.call('/auth/sign-up/email', { body });
    if (answer.status === 200)
      expect(answer.body.user).toMatchObject({
        emailVerified: false,
        id: expect.not.stringMatching('chosen'),
      });
  });
});

describe('guessing', () => {
  it('is limited per address, over all instances together', async () => {
    const user = await signUp(one);
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) {
      statuses.push((await signIn(count % 2 ? one : two, user.email, 'wrong password', '192.0.2.1')).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    const blocked = await signIn(one, user.email, PASSWORD, '192.0.2.1');
    expect(blocked.status).toBe(429);
    expect(Number(blocked.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await signIn(one, user.email, PASSWORD, '192.0.2.2')).status).toBe(200);
  });

  it('cannot hide behind headers that name another address', async () => {
    const user = await signUp(one);
    const statuses: number[] = [];
    for (let count = 0; count < 11; count += 1) {
      const headers = {
        'x-forwarded-for': `203.0.113.${count}`,
        'x-headgate-client-ip': `203.0.113.${count}`,
      };
      const body = { email: user.email, password: 'wrong password' };
      statuses.push((await one.call('/auth/sign-in/email', { body, headers, ip: '192.0.2.3' })).status);
    }
    expect(statuses.at(-1)).toBe(429);
  });

  it('is told apart by the address that a trusted proxy saw', async () => {
    const proxied = await openInstance(one.config.databaseUrl, { IDENTITY_TRUSTED_PROXIES: '10.9.0.0/16' });
    const user = await signUp(one);
    const from = async (forwarded: string): Promise<number> => {
      const headers = { 'x-forwarded-for': forwarded };
      const body = { email: user.email, password: 'wrong password' };
      return (await proxied.call('/auth/sign-in/email', { body, headers, ip: '10.9.0.1' })).status;
    };
    for (let count = 0; count < 10; count += 1) await from(`1.1.1.${count}, 198.51.100.1`);
    expect(await from('198.51.100.1')).toBe(429);
    expect(await from('198.51.100.2')).toBe(401);
    await proxied.close();
  });

  it('of one account is limited whatever addresses it comes from, and success forgets the failures', async () => {
    const user = await signUp(one);
    for (let count = 0; count < 15; count += 1) await signIn(one, user.email, 'wrong password');
    expect((await signIn(one, user.email, PASSWORD)).status).toBe(200);
    const statuses: number[] = [];
    for (let count = 0; count < 21; count += 1)
      statuses.push((await signIn(two, user.email, 'wrong password')).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(20);
    expect(statuses.at(-1)).toBe(429);
    const blocked = await signIn(one, user.email.toUpperCase(), PASSWORD);
    expect(blocked.status).toBe(429);
    expect(blocked.headers.get('Retry-After')).toMatch(/^\d+$/);
  });

  it('is counted exactly when it comes all at once', async () => {
    const user = await signUp(one);
    const statuses = await Promise.all(
      Array.from(
        { length: 30 },
        async (_, index) =>
          (await signIn(index % 2 ? one : two, user.email, 'wrong password', '192.0.2.9')).status,
      ),
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  });

  it('may go on when the window is over', async () => {
    const user = await signUp(one);
    for (let count = 0; count < 11; count += 1) await signIn(one, user.email, 'wrong password', '192.0.2.20');
    await one.db
      .updateTable('rateLimit')
      .set((eb) => ({ lastRequest: eb('lastRequest', '-', '61000') }))
      .where('key', 'like', '192.0.2.20|%')
      .execute();
    expect((await signIn(one, user.email, PASSWORD, '192.0.2.20')).status).toBe(200);
  });
});

describe('forged requests from other sites', () => {
  it('are refused when they carry a cookie and come from an untrusted origin or none', async () => {
    const user = await signUp(one);
    const cookie = ((await signIn(one, user.email, PASSWORD)).headers.get('set-cookie') ?? '').split(';')[0]!;
    const create = async (headers: Record<string, string>): Promise<number> =>
      (
        await one.call('/auth/organization/create', {
          headers: { cookie, ...headers },
          body: { name: 'F', slug: 'forged' },
        })
      ).status;
    expect(await create({ origin: 'https://evil.example' })).toBe(403);
    expect(await create({})).toBe(403);
    expect(await create({ origin: 'http://127.0.0.1:8788' })).toBe(200);
  });

  it('cannot sign a visitor in', async () => {
    const user = await signUp(one);
    const headers = {
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
    };
    const body = { email: user.email, password: PASSWORD };
    expect((await one.call('/auth/sign-in/email', { headers, body })).status).toBe(403);
  });

  it('are allowed from trusted origins, whose pages may read the answer', async () => {
    const trusting = await openInstance(one.config.databaseUrl, {
      IDENTITY_TRUSTED_ORIGINS: 'https://app.example.com',
    });
    const user = await signUp(one);
    const body = { email: user.email, password: PASSWORD };
    const answer = await trusting.call('/auth/sign-in/email', {
      headers: { origin: 'https://app.example.com' },
      body,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    const other = await trusting.call('/livez', { headers: { origin: 'https://evil.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    await trusting.close();
  });
});
