import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { createTestDatabase } from './postgres.ts';
import {
  createOrganization,
  issueToken,
  openInstance,
  PASSWORD,
  SECRET,
  signUp,
  type Instance,
} from './support.ts';

let instance: Instance;

beforeAll(async () => {
  instance = await openInstance((await createTestDatabase()).url);
});
afterAll(async () => await instance.close());

describe('an error of the shell', () => {
  it('is an envelope with code, message and request id', async () => {
    const answer = await instance.call('/nowhere', { headers: { 'x-request-id': 'my-id.1' } });
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      error: { code: 'NOT_FOUND', message: expect.any(String), request_id: 'my-id.1' },
    });
    expect(answer.headers.get('x-request-id')).toBe('my-id.1');
  });

  it.each(['bad id', 'x'.repeat(129), 'a\u00e9', '<script>'])(
    'replaces the malformed request id %j',
    async (id) => {
      const answer = await instance.call('/livez', { headers: { 'x-request-id': id } });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('is 413 for a body beyond 64 KiB, announced or not', async () => {
    const body = { email: 'a@example.com', password: 'x'.repeat(65 * 1024) };
    const announced = await instance.call('/auth/sign-in/email', {
      body,
      headers: { 'content-length': '66600' },
    });
    expect([announced.status, announced.body.error.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const streamed = await instance.call('/auth/sign-in/email', { body });
    expect([streamed.status, streamed.body.error.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it('hides what went wrong behind the request id, and logs it', async () => {
    const broken = await openInstance((await createTestDatabase()).url);
    const user = await signUp(broken);
    await sql`alter table identity.member rename to gone`.execute(broken.db);
    const answer = await broken.call('/auth/token', {
      bearer: user.bearer,
      headers: { 'x-request-id': 'trace-me' },
    });
    expect([answer.status, answer.body.error.code]).toEqual([500, 'INTERNAL_ERROR']);
    expect(JSON.stringify(answer.body)).not.toMatch(/relation|member/);
    const line = broken.lines.map((text) => JSON.parse(text)).find((entry) => entry.msg === 'request failed');
    expect(line).toMatchObject({ request_id: 'trace-me', level: 'error', err: { code: '42P01' } });
    await broken.close();
  });
});

describe('a request beyond what can be under way', () => {
  it('is answered 503 with Retry-After, while health still answers', async () => {
    const waiting = await openInstance((await createTestDatabase()).url);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: locked, resolve: lock } = Promise.withResolvers<void>();
    const holder = waiting.db.transaction().execute(async (trx) => {
      await sql`lock table identity."rateLimit" in access exclusive mode`.execute(trx);
      lock();
      await released;
    });
    await locked;
    const held = Array.from({ length: 100 }, async () => await waiting.call('/auth/token'));
    const refused = await waiting.call('/auth/token');
    expect([refused.status, refused.body.error.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'UNAVAILABLE',
      '2',
    ]);
    expect((await waiting.call('/livez')).status).toBe(200);
    release();
    await holder;
    expect(new Set((await Promise.all(held)).map((answer) => answer.status))).toEqual(new Set([401]));
    await waiting.close();
  });
});

describe('what is not served', () => {
  it.each([
    '/auth/jwks',
    '/auth/ok',
    '/auth/error',
    '/auth/sign-in/social',
    '/auth/callback/github',
    '/auth/request-password-reset',
    '/auth/verify-email',
    '/auth/delete-user',
    '/auth/organization/get-full-organization',
    '/auth/organization/list-user-invitations',
    '/auth/organization/add-member',
    '/auth/organization/create-team',
  ])('%s is answered as missing', async (path) => {
    for (const method of ['GET', 'POST'] as const) {
      const answer = await instance.call(path, { method, ...(method === 'POST' && { body: {} }) });
      expect([answer.status, answer.body.error.code]).toEqual([404, 'NOT_FOUND']);
    }
  });
});

describe('bad input', () => {
  it.each([
    ['malformed JSON', '{"email":', {}, 400],
    ['an empty body', '', {}, 400],
    ['an array', '[]', {}, 400],
    ['a wrong type', '{"email":1,"password":2}', {}, 400],
    ['a NUL in the address', '{"email":"a\\u0000@example.com","password":"correct horse battery"}', {}, 400],
    ['a wrong content type', 'hello', { 'content-type': 'text/plain' }, 415],
  ])('%s is refused, not a failure', async (_what, body, headers, status) => {
    expect((await instance.call('/auth/sign-in/email', { body, method: 'POST', headers })).status).toBe(
      status,
    );
  });

  it('with a NUL where text is stored is refused, not a failure', async () => {
    const user = await signUp(instance);
    const body = { name: 'a\u0000b', slug: 'nul' };
    expect((await instance.call('/auth/organization/create', { bearer: user.bearer, body })).status).toBe(
      400,
    );
    const signed = { name: 'a\u0000b', email: 'nul@example.com', password: PASSWORD };
    expect((await instance.call('/auth/sign-up/email', { body: signed })).status).toBe(422);
    const wanted = await instance.call(`/auth/organization/get-organization?organizationId=a%00b`, {
      bearer: user.bearer,
    });
    expect(wanted.status).toBeLessThan(500);
  });
});

describe('health', () => {
  it('is live always, and ready when the database is reachable and migrated', async () => {
    expect((await instance.call('/livez')).status).toBe(200);
    expect((await instance.call('/readyz')).status).toBe(200);
  });

  it('is not ready over an empty database that it may not migrate, until another instance has', async () => {
    const { url } = await createTestDatabase();
    const waiting = await openInstance(url, { MIGRATE_ON_START: 'false' });
    expect((await waiting.call('/livez')).status).toBe(200);
    const unready = await waiting.call('/readyz');
    expect([unready.status, unready.headers.get('retry-after')]).toEqual([503, '2']);
    const migrating = await openInstance(url);
    expect((await waiting.call('/readyz')).status).toBe(200);
    await issueToken(waiting, await signUp(waiting));
    await migrating.close();
    await waiting.close();
  });

  it('is not ready while the database is gone', async () => {
    const left = await openInstance((await createTestDatabase()).url);
    const name = new URL(left.config.databaseUrl).pathname.slice(1);
    await sql`drop database ${sql.id(name)} with (force)`.execute(instance.db);
    expect((await left.call('/readyz')).status).toBe(503);
    expect((await left.call('/livez')).status).toBe(200);
    const answer = await left.call('/auth/token');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    await left.close();
  });
});

describe('the log', () => {
  it('has one line per request and holds no password, address, token, cookie, secret or name', async () => {
    const watched = await openInstance((await createTestDatabase()).url);
    const user = await signUp(watched, 'carla');
    const org = await createOrganization(watched, user, 'secret-project');
    const token = await issueToken(watched, user);
    await watched.call('/auth/sign-in/email', { body: { email: user.email, password: 'wrong-guess-1' } });
    await watched.call('/auth/sign-up/email', {
      body: { name: 'carla', email: user.email, password: PASSWORD },
    });
    await watched.call('/auth/sign-up/email', {
      body: { name: 'carla', email: 'x@example.com', password: 'short-1' },
    });
    await watched.call(`/auth/token/${token}?token=${token}`, {
      headers: { cookie: `headgate.session_token=${user.bearer}` },
    });
    await watched.call('/auth/sign-in/email', {
      body: { email: user.email, password: PASSWORD, callbackURL: `https://evil.example/${user.email}` },
    });
    const guest = { email: 'invited@example.com', role: 'member', organizationId: org.id };
    const invited = await watched.call('/auth/organization/invite-member', {
      bearer: user.bearer,
      body: guest,
    });

    const text = watched.lines.join('');
    const requests = watched.lines.map((line) => JSON.parse(line)).filter((line) => line.msg === 'request');
    expect(requests).toHaveLength(9);
    for (const line of requests) {
      expect(Object.keys(line)).toEqual([
        'level',
        'time',
        'service',
        'request_id',
        'method',
        'path',
        'status',
        'duration_ms',
        'msg',
      ]);
    }
    const secrets = [
      PASSWORD,
      SECRET,
      'wrong-guess',
      'short-1',
      user.email,
      'carla',
      '@example.com',
      user.bearer,
      token,
      'secret-project',
      invited.body.id,
    ];
    for (const secret of [...secrets, user.bearer.split('.')[0]!, token.split('.')[2]!])
      expect(text).not.toContain(secret);
    await watched.close();
  });
});

describe('every answer', () => {
  it('carries the request id, and forbids caching, sniffing and framing', async () => {
    const { bearer } = await signUp(instance);
    for (const path of ['/livez', '/.well-known/jwks.json', '/auth/token', '/auth/get-session', '/nowhere']) {
      const { headers } = await instance.call(path, {
        bearer,
        headers: { 'x-request-id': `of-${path.length}` },
      });
      expect(headers.get('x-request-id')).toBe(`of-${path.length}`);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    }
  });

  it('of the key set shows public parts only', async () => {
    const { body } = await instance.call('/.well-known/jwks.json');
    for (const key of body.keys)
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'x', 'y']);
  });
});

describe('the database', () => {
  it('holds everything in the schema "identity" and nothing in public', async () => {
    const { rows } = await sql<{ schema: string; count: string }>`
      select table_schema as schema, count(*) from information_schema.tables
      where table_schema not in ('pg_catalog', 'information_schema') group by 1`.execute(instance.db);
    expect(rows.map((row) => row.schema)).toEqual(['identity']);
  });
});
