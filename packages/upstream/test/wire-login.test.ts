import { createAuthority } from '@headgate/testing';
import { startUpstream, type TestUpstream } from '@headgate/testing/upstreams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SslMode, Target } from '../src/index.ts';
import { connectWithLibpq } from './libpq-connect.ts';
import { connect, tryToConnect } from './wire-support.ts';

let server: TestUpstream;
let target: Target;
/** The superuser, who has places of its own. */
let sql: ReturnType<TestUpstream['sql']>;

beforeAll(async () => {
  const authority = await createAuthority();
  const issued = await authority.issue({ name: 'localhost', dnsNames: ['localhost'] });
  server = await startUpstream({
    tls: issued,
    // Few connections for all, so that they are soon taken.
    settings: { max_connections: '20', superuser_reserved_connections: '12', max_wal_senders: '0' },
    hba: [
      'host all trusted 127.0.0.1/32 trust',
      'host all clear 127.0.0.1/32 password',
      'host all digest 127.0.0.1/32 md5',
      'host all rejected 127.0.0.1/32 reject',
      'host all by_ident 127.0.0.1/32 ident',
      'host app all 127.0.0.1/32 scram-sha-256',
      'host postgres app 127.0.0.1/32 scram-sha-256',
      'host missing app 127.0.0.1/32 scram-sha-256',
      'host locked app 127.0.0.1/32 scram-sha-256',
    ],
  });
  const { host, port, username, password, database } = server;
  target = { host, port, username, password, database, sslMode: 'prefer' };
  sql = server.sql();
  for (const role of ['trusted', 'clear', 'rejected', 'limited', 'by_ident']) {
    await sql.unsafe(`create role ${role} login password '${password}'`);
  }
  await sql.unsafe(
    `set password_encryption = md5; create role digest login password '${password}'; reset password_encryption`,
  );
  await sql.unsafe(
    `create role sleeper nologin password '${password}'; alter role limited connection limit 0`,
  );
  await sql.unsafe('revoke connect on database postgres from public');
  await sql.unsafe('create database locked allow_connections false');
});
afterAll(async () => await server.stop());

describe('what the server says against a login has a code of its own', () => {
  const refusals: readonly (Partial<Target> & { code: string })[] = [
    { code: 'wrong_password', password: 'wrong' },
    { code: 'wrong_password', password: '' },
    { code: 'wrong_password', username: 'nobody' },
    { code: 'no_such_database', database: 'missing' },
    { code: 'login_not_permitted', database: 'postgres' },
    { code: 'login_not_permitted', database: 'locked' },
    { code: 'login_not_permitted', username: 'sleeper' },
    { code: 'no_pg_hba_entry', database: 'template1', sslMode: 'require' },
    { code: 'no_pg_hba_entry', username: 'rejected', sslMode: 'require' },
    { code: 'tls_required', username: 'rejected', sslMode: 'disable' },
    { code: 'too_many_connections', username: 'limited' },
  ];
  test.each(refusals)('$code for $username $database $sslMode', async ({ code, ...over }) => {
    const { outcome, steps, message } = await tryToConnect({ ...target, ...over });
    expect(outcome, message).toBe(code);
    expect(steps).toMatch(/login!$/);
    expect(message).not.toContain(server.password);
  });

  test('no_such_role where the method of login needs no password', async () => {
    await sql.unsafe('drop role trusted');
    expect(await tryToConnect({ ...target, username: 'trusted' })).toMatchObject({ outcome: 'no_such_role' });
    await sql.unsafe('create role trusted login');
  });

  test('too_many_connections when all of the server are taken', async () => {
    const first = await connect(target);
    const held = [first];
    await expect
      .poll(async () => {
        const connection = await connect(target).catch((error: unknown) => error as { code: string });
        if ('query' in connection) held.push(connection);
        return 'code' in connection ? connection.code : 'connected';
      })
      .toBe('too_many_connections');
    await Promise.all(held.map(async (connection) => await connection.close()));
  });
});

describe('each way to prove who one is', () => {
  interface Way {
    readonly title: string;
    readonly username: string;
    readonly password?: string;
    readonly sslMode: SslMode;
    readonly outcome: string;
  }

  test.each<Way>([
    { title: 'trust, plain', username: 'trusted', sslMode: 'disable', outcome: 'plain' },
    {
      title: 'trust without a password',
      username: 'trusted',
      password: '',
      sslMode: 'disable',
      outcome: 'plain',
    },
    { title: 'md5, plain', username: 'digest', sslMode: 'disable', outcome: 'plain' },
    {
      title: 'md5 with a wrong password',
      username: 'digest',
      password: 'x',
      sslMode: 'disable',
      outcome: 'wrong_password',
    },
    { title: 'scram, plain', username: 'app', sslMode: 'disable', outcome: 'plain' },
    { title: 'scram with channel binding', username: 'app', sslMode: 'require', outcome: 'tls' },
    { title: 'cleartext over TLS', username: 'clear', sslMode: 'require', outcome: 'tls' },
    {
      title: 'cleartext in the clear, which is not sent',
      username: 'clear',
      sslMode: 'disable',
      outcome: 'cleartext_refused',
    },
  ])('$title: $outcome', async ({ outcome, username, password = target.password, sslMode }) => {
    const result = await tryToConnect({ ...target, username, password, sslMode });
    expect(result).toMatchObject({ outcome });
  });

  /** By what SASLprep does to them (RFC 4013): nothing, other spellings, nothing because they are invalid. */
  const passwords: readonly [string, string][] = [
    ['ASCII', 'pa ss\'w"örd'.replace('ö', 'o')],
    ['accents, composed', 'pässwörd'],
    ['accents, decomposed', 'pa\u0308sswo\u0308rd'],
    ['a non-breaking space', 'a\u00a0b'],
    ['a soft hyphen', 'a\u00adb'],
    ['nothing but a soft hyphen', '\u00ad'],
    ['a zero-width space', 'a\u200bb'],
    ['ligatures and wide letters', 'ﬁＡ①'],
    ['Cyrillic', 'пароль'],
    ['Chinese', '密码'],
    ['Hebrew alone', 'סיסמה'],
    ['Hebrew with Latin and a ligature, which is invalid', 'aסﬁ'],
    ['an emoji, which Unicode 3.2 did not have', '🔑key'],
    ['an emoji with a ligature', '😀ﬁ'],
    ['a control character', 'a\u0007ﬁ'],
    ['a private character', '\ue000ﬁ'],
    ['very long', 'x'.repeat(900)],
  ];
  test.each(passwords)('a password with %s, as libpq takes it', async (_, password) => {
    await sql.unsafe(`alter role limited connection limit -1 password '${password.replaceAll("'", "''")}'`);
    const login = { ...target, username: 'limited', password };
    expect((await connectWithLibpq(login)).outcome).toBe('tls');
    expect(await tryToConnect(login)).toMatchObject({ outcome: 'tls' });
    await sql.unsafe('alter role limited connection limit 0');
  });
});
