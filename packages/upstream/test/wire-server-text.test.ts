import { createAuthority } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import {
  afterBeginning,
  authentication,
  bytes,
  columns,
  COMPLETE,
  error,
  message,
  overTls,
  READY,
  row,
  WELCOME,
} from './wire-fakes.ts';
import { outcomeOf, says, saysAtLogin, stopsServers, targetOf } from './wire-hostile-support.ts';
import { connect } from './wire-support.ts';

stopsServers();

describe('what a server writes', () => {
  test('cannot show the password that it was told', async () => {
    const issued = await (await createAuthority()).issue({ name: 'x' });
    const behaviour = overTls(issued, async (conversation) => {
      conversation.say(authentication(3));
      const told = (await conversation.hear()).toString().replace('\0', '');
      conversation.say(error({ S: 'FATAL', C: '28P01', M: `it was ${told} and \u202e${told}\n${told}` }));
    });
    const { outcome, message: text } = await outcomeOf(behaviour, { sslMode: 'require' });
    expect({ outcome, text }).toEqual({
      outcome: 'wrong_password',
      text: 'The server refuses the login (28P01): it was … and … …',
    });
  });

  test('is not shown where nobody vouches for it: in answer to the question for TLS', async () => {
    const text = 'connect to evil.example instead';
    const { outcome, message: shown } = await outcomeOf(says(error({ S: 'FATAL', C: '53300', M: text })), {
      sslMode: 'require',
    });
    expect(outcome).toBe('too_many_connections');
    expect(shown).not.toContain('evil');
  });

  test.each([
    [
      'wrong_password',
      { C: '28P01', M: 'password-Authentifizierung für Benutzer fehlgeschlagen', R: 'auth_failed' },
    ],
    ['no_pg_hba_entry', { C: '28000', M: 'kein pg_hba.conf-Eintrag für Host', R: 'ClientAuthentication' }],
    [
      'client_certificate_required',
      { C: '28000', M: 'Verbindung erfordert ein gültiges Client-Zertifikat', R: 'ClientAuthentication' },
    ],
    ['login_not_permitted', { C: '28000', M: 'Rolle darf nicht einloggen', R: 'InitializeSessionUserId' }],
    ['no_such_role', { C: '28000', M: 'role "x" does not exist', R: 'InitializeSessionUserId' }],
    ['starting_up', { C: '57P03', M: 'the database system is shutting down' }],
    ['starting_up', { C: '57P03', M: 'the database system is not accepting connections' }],
    ['too_many_connections', { C: '08P01', M: 'no more connections allowed (max_client_conn)' }],
    ['no_such_database', { C: '08P01', M: 'no such database: app' }],
    ['no_such_role', { C: '08P01', M: 'no such user: app' }],
    ['wrong_password', { C: '08P01', M: 'auth failed' }],
    ['pooler_cannot_connect', { C: '08P01', M: 'server login failed: FATAL password authentication failed' }],
    [
      'pooler_cannot_connect',
      { C: '08P01', M: 'server login has been failing, try again later (server_login_retry)' },
    ],
    ['pooler_cannot_connect', { C: '08P01', M: 'pgbouncer cannot connect to server' }],
    ['pooler_no_such_tenant', { C: 'XX000', M: 'Tenant or user not found' }],
    ['tls_required', { C: '08P01', M: 'SSL required' }],
    [
      'tls_required',
      { C: '28000', M: 'no pg_hba.conf entry for host "::1", user "a", database "b", SSL off' },
    ],
    ['tls_required', { C: 'XX000', M: 'connection is insecure (try using `sslmode=require`)' }],
    ['login_failed', { C: '57P01', M: 'terminating' }],
    ['login_failed', { C: 'no SQLSTATE', M: '' }],
    ['login_failed', {}],
  ])('means %s: %o', async (code, fields) => {
    expect(await outcomeOf(saysAtLogin(error({ S: 'FATAL', ...fields })))).toMatchObject({ outcome: code });
  });

  test('is taken byte by byte, however it arrives', async () => {
    const answer = bytes(columns('a', 'b'), row('ä', 'ö'), COMPLETE, READY);
    const target = await targetOf(
      afterBeginning(async (conversation) => {
        const drip = async (data: Buffer) => {
          for (const byte of data) {
            conversation.say(Buffer.from([byte]));
            await new Promise((resolve) => setImmediate(resolve));
          }
        };
        conversation.socket.setNoDelay(true);
        await drip(WELCOME);
        await conversation.hear();
        await drip(answer);
      }),
    );
    const connection = await connect(target);
    expect(await connection.query('select')).toEqual([{ a: 'ä', b: 'ö' }]);
    await connection.close();
  });

  const MEGABYTE = 1_000_000;

  test.each<[string, Buffer, object]>([
    [
      'a text of a megabyte is not read, and what stands before it is',
      error({ S: 'ERROR', C: '22012', M: 'a\t'.repeat(MEGABYTE / 2) }),
      { sqlState: '22012', message: '' },
    ],
    [
      'nor is it where it stands behind what is told',
      error({ S: 'ERROR', C: '22012', M: 'division by zero', D: 'x'.repeat(MEGABYTE) }),
      { sqlState: '22012', message: 'division by zero' },
    ],
    [
      'a field behind thousands of others is not read',
      message('E', `${'X\0'.repeat(MEGABYTE / 4)}C22012\0Mx\0\0`),
      { sqlState: 'XX000', message: '' },
    ],
    [
      'a field behind 32 others is not read',
      message('E', `C22012\0${'X\0'.repeat(31)}Mx\0\0`),
      { sqlState: '22012', message: '' },
    ],
    [
      'as many fields as PostgreSQL sends are all read',
      message('E', `C22012\0${'X\0'.repeat(18)}Mx\0\0`),
      { sqlState: '22012', message: 'x' },
    ],
  ])('against a statement is read as far as it is of use: %s', async (_, said, expected) => {
    const target = await targetOf(
      afterBeginning(async (conversation) => {
        conversation.say(WELCOME);
        await conversation.hear();
        conversation.say(said, READY);
      }),
    );
    const connection = await connect(target);
    await expect(connection.query('select 1')).rejects.toMatchObject({ name: 'ServerError', ...expected });
    await connection.close();
  });

  test('cannot show a part of the password where the reading of it ends', async () => {
    const issued = await (await createAuthority()).issue({ name: 'x' });
    const behaviour = overTls(issued, async (conversation) => {
      conversation.say(authentication(3));
      const told = (await conversation.hear()).toString().replace('\0', '');
      conversation.say(WELCOME);
      for (let shift = 0; shift < told.length; shift += 1) {
        await conversation.hear();
        const text = `${' '.repeat(30_000 - 20 - shift)}${told}`;
        conversation.say(error({ S: 'ERROR', C: '22012', M: text }), READY);
      }
    });
    const target = await targetOf(behaviour, { sslMode: 'require' });
    const connection = await connect(target);
    for (let shift = 0; shift < target.password.length; shift += 1) {
      const refusal = connection.query('select 1');
      await expect(refusal).rejects.toMatchObject({ message: expect.stringMatching(/^…?$/) as string });
    }
    await connection.close();
  });

  test('about a version that it cannot speak, or notices, does not disturb a login', async () => {
    const target = await targetOf(
      saysAtLogin(message('v', bytes(196_608, 0)), message('N', 'SNOTICE\0Mhello\0\0'), WELCOME),
    );
    const connection = await connect(target);
    expect(connection.processId).toBe(4711);
    await connection.close();
  });
});
