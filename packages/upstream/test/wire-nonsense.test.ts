import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { SslMode } from '../src/index.ts';
import {
  afterBeginning,
  authentication,
  BACKEND_KEY,
  bytes,
  columns,
  COMPLETE,
  type Conversation,
  int16,
  LET_IN,
  message,
  parameter,
  READY,
  row,
  WELCOME,
} from './wire-fakes.ts';
import {
  type Behaviour,
  outcomeOf,
  says,
  saysAtLogin,
  stopsServers,
  targetOf,
  bytesWritten,
} from './wire-hostile-support.ts';
import { connect } from './wire-support.ts';

stopsServers();

/** Waits for the client to begin its handshake, so that the answer is not taken for one to its question. */
const noTlsAfterYes = (socket: Socket) => {
  socket.once('data', () => {
    socket.write('S');
    socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request'));
  });
};

describe('what is no PostgreSQL is told, before anything is kept of it', () => {
  test.each<[string, (socket: Socket) => void, string]>([
    ['HTTP', says('HTTP/1.1 400 Bad Request\r\n\r\n'), 'protocol_error'],
    ['SSH', (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'), 'protocol_error'],
    [
      'MySQL',
      (socket) => void socket.write(bytes('\x4a\0\0\0\x0a8.0.36\0', Buffer.alloc(60))),
      'protocol_error',
    ],
    ['SMTP', (socket) => void socket.write('220 mail ESMTP\r\n'), 'protocol_error'],
    ['Redis', says('-ERR unknown command\r\n'), 'protocol_error'],
    ['a yes to TLS with more behind it', says('Splease'), 'protocol_error'],
    ['a yes to TLS with a login behind it', says(bytes('S', WELCOME)), 'protocol_error'],
    ['hanging up', (socket) => void socket.destroy(), 'closed'],
    ['hanging up when spoken to', (socket) => void socket.once('data', () => socket.end()), 'closed'],
    [
      'a reset when spoken to',
      (socket) => void socket.once('data', () => socket.resetAndDestroy()),
      'closed',
    ],
    ['hanging up in mid-handshake', (socket) => void socket.once('data', () => socket.end('S')), 'closed'],
    [
      'a reset in mid-handshake',
      (socket) => void socket.once('data', () => socket.write('S', () => socket.resetAndDestroy())),
      'closed',
    ],
    ['no TLS after a yes', noTlsAfterYes, 'tls_failed'],
  ])('%s, when asked for TLS', async (_, behaviour, code) => {
    const { outcome, steps } = await outcomeOf(behaviour, { sslMode: 'require' });
    expect(outcome).toBe(code);
    expect(steps).toMatch(/ tls!$| reach!$/);
  });

  test.each<[string, Buffer]>([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a length of zero', bytes('R', 0, 0)],
    ['a length of three', bytes('R', 3, 0)],
    ['a negative length', bytes('R', -1, 0)],
    ['a length of 2 GiB', bytes('E', 0x7fffffff, 'x')],
    ['a length just above the bound', bytes('E', 10_001, 'x')],
    ['an unknown type', bytes('!', 4)],
    ['a replication message', message('w', '')],
    ['an authentication without a method', message('R', '')],
    ['readiness before the login', READY],
    ['a setting before the login', parameter('a', 'b')],
    ['a row before the login', row('x')],
    ['a row in the login', bytes(LET_IN, row('x'))],
    ['a second permission', bytes(LET_IN, LET_IN)],
    ['an error without an end', message('E', 'SFATAL\0')],
    ['an error without anything', message('E', '')],
    ['a field of an error without an end', message('E', 'SFATAL')],
    ['a setting without a value', bytes(LET_IN, message('S', 'name\0'))],
    ['a key that is too short', bytes(LET_IN, message('K', 'x'))],
    ['a key that is too long', bytes(LET_IN, message('K', Buffer.alloc(300)))],
    ['md5 without a salt', authentication(5)],
    ['SASL without an end', authentication(10, 'SCRAM-SHA-256')],
    ['SCRAM that goes on before it began', authentication(11, 'r=x,s=eA==,i=1')],
    ['SCRAM that ends before it began', authentication(12, 'v=x')],
  ])('%s, at login', async (_, answer) => {
    const { outcome, steps } = await outcomeOf(saysAtLogin(answer));
    expect({ outcome, steps }).toEqual({ outcome: 'protocol_error', steps: 'name address reach login!' });
  });

  test.each<[string, Buffer]>([
    ['65,535 columns', message('T', bytes(int16(65_535)))],
    ['more columns than PostgreSQL has', columns(...Array.from({ length: 1665 }, () => 'x'))],
    ['columns that are not there', message('T', bytes(int16(3), 'a\0'))],
    ['a column in binary', message('T', bytes(int16(1), 'a\0', Buffer.alloc(17), Buffer.from([1])))],
    ['a row without a result', row('x')],
    ['a row of too many values', bytes(columns('a'), row('x', 'y'))],
    ['a row of too few values', bytes(columns('a', 'b'), row('x'))],
    ['a value beyond its row', bytes(columns('a'), message('D', bytes(int16(1), 1000, 'x')))],
    ['a value of 2 GiB', bytes(columns('a'), message('D', bytes(int16(1), 0x7fffffff, 'x')))],
    ['a value of negative length', bytes(columns('a'), message('D', bytes(int16(1), -2, 'x')))],
    ['a row behind its end', bytes(columns('a'), row('x'), COMPLETE, row('x'))],
    ['a login', LET_IN],
    ['a key', BACKEND_KEY],
    ['an unknown type', bytes('~', 4)],
    ['a copy', message('H', bytes('\0', int16(0)))],
    ['both directions of a copy', message('W', bytes('\0', int16(0)))],
    ['an error without an end', message('E', 'C22012')],
  ])('%s, in answer to a statement', async (_, answer) => {
    const { outcome } = await outcomeOf(
      afterBeginning(async (conversation) => {
        conversation.say(WELCOME);
        await conversation.hear();
        conversation.say(answer, READY);
      }),
    );
    expect(outcome).toBe('protocol_error');
  });
});

describe('a server without end is left', () => {
  const NOTICE = message('N', `SNOTICE\0C00000\0M${'x'.repeat(5000)}\0\0`);
  const pours =
    (chunk: Buffer) =>
    async ({ socket }: Conversation) => {
      while (socket.writable) {
        const isFull = !socket.write(chunk);
        await new Promise<void>((resolve) => {
          if (isFull) socket.once('drain', resolve).once('close', resolve);
          else setImmediate(resolve);
        });
      }
    };

  test('that sends notices at login', async () => {
    const { outcome } = await outcomeOf(afterBeginning(pours(NOTICE)), {}, { maxBytes: 1_000_000 });
    expect(outcome).toBe('too_much');
    expect(bytesWritten()).toBeLessThan(20_000_000);
  });

  test('that sends settings at login, of which few are kept', async () => {
    const settings = Array.from({ length: 1000 }, (_, index) => parameter(`setting_${index}`, 'x'));
    const target = await targetOf(saysAtLogin(LET_IN, ...settings, READY));
    const connection = await connect(target);
    expect(connection.parameters.size).toBe(100);
    await connection.close();
  });

  test('that sends rows', async () => {
    const target = await targetOf(
      afterBeginning(async (conversation) => {
        conversation.say(WELCOME);
        await conversation.hear();
        conversation.say(columns('a'));
        await pours(row('x'.repeat(1000)))(conversation);
      }),
    );
    const connection = await connect(target, { maxBytes: 3_000_000 });
    await expect(connection.each('select', [], () => {})).rejects.toMatchObject({ code: 'too_much' });
  });

  test.each<[string, Behaviour, SslMode, string]>([
    ['says nothing when asked for TLS', (socket: Socket) => void socket.resume(), 'require', 'tls!'],
    ['says nothing in the handshake', says('S'), 'require', 'tls!'],
    ['says nothing at login', (socket: Socket) => void socket.resume(), 'disable', 'login!'],
    ['begins an error and does not go on', saysAtLogin(bytes('E', 1000, 'SFATAL')), 'disable', 'login!'],
  ])('that %s, when the time is over', async (_, behaviour, sslMode, step) => {
    const { outcome, steps } = await outcomeOf(behaviour, { sslMode }, { signal: AbortSignal.timeout(300) });
    expect({ outcome, steps }).toEqual({ outcome: 'timeout', steps: `name address reach ${step}` });
  });
});
