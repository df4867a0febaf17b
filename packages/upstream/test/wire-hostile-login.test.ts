import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { createAuthority } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { afterBeginning, authentication, bytes, overTls, WELCOME } from './wire-fakes.ts';
import {
  type Behaviour,
  PASSWORD,
  outcomeOf,
  saysAtLogin,
  stopsServers,
  targetOf,
} from './wire-hostile-support.ts';
import { connect } from './wire-support.ts';

stopsServers();

describe('a login that no honest server asks for', () => {
  const asksForScram = authentication(10, 'SCRAM-SHA-256\0\0');
  /** Answers SCRAM's messages as told. */
  const scram = (
    first: (clientFirst: string) => string,
    final?: (clientFinal: string, messages: string) => string,
  ): Behaviour =>
    afterBeginning(async (conversation) => {
      conversation.say(asksForScram);
      const clientFirst = (await conversation.hear()).subarray('SCRAM-SHA-256\0'.length + 4).toString();
      const serverFirst = first(/r=(.*)$/.exec(clientFirst)?.[1] ?? '');
      conversation.say(authentication(11, serverFirst));
      const clientFinal = (await conversation.hear()).toString();
      if (final === undefined) conversation.say(WELCOME);
      else {
        const messages = `${clientFirst.slice(3)},${serverFirst},${clientFinal.replace(/,p=.*$/, '')}`;
        conversation.say(authentication(12, final(clientFinal, messages)), WELCOME);
      }
    });
  const honest = (nonce: string) => `r=${nonce}more,s=c2FsdA==,i=1000`;
  const signed = (password: string) => (_: string, messages: string) => {
    const salted = pbkdf2Sync(password, 'salt', 1000, 32, 'sha256');
    const key = createHmac('sha256', salted).update('Server Key').digest();
    return `v=${createHmac('sha256', key).update(messages).digest('base64')}`;
  };

  test('is one of SCRAM by a server that knows the password, for comparison', async () => {
    const connection = await connect(await targetOf(scram(honest, signed(PASSWORD))));
    await connection.close();
  });

  test.each<[string, string, Behaviour]>([
    ['a signature of another password', 'server_not_verified', scram(honest, signed('another'))],
    ['no signature', 'server_not_verified', scram(honest, () => 'v=')],
    ['an error in place of the signature', 'server_not_verified', scram(honest, () => 'e=other-error')],
    ['no last message', 'protocol_error', scram(honest)],
    ['a nonce of its own', 'protocol_error', scram(() => 'r=mine,s=c2FsdA==,i=1000', signed(PASSWORD))],
    [
      'our nonce as it was',
      'protocol_error',
      scram((nonce) => `r=${nonce},s=c2FsdA==,i=1000`, signed(PASSWORD)),
    ],
    ['iterations for ten minutes', 'protocol_error', scram((nonce) => `r=${nonce}x,s=c2FsdA==,i=2147483647`)],
    [
      'iterations just above the bound',
      'protocol_error',
      scram((nonce) => `r=${nonce}x,s=c2FsdA==,i=1000001`),
    ],
    ['no iterations', 'protocol_error', scram((nonce) => `r=${nonce}x,s=c2FsdA==,i=0`)],
    ['a salt that is none', 'protocol_error', scram((nonce) => `r=${nonce}x,s=!,i=1000`)],
    ['an extension', 'protocol_error', scram((nonce) => `m=x,r=${nonce}x,s=c2FsdA==,i=1000`)],
    ['nonsense', 'protocol_error', scram(() => 'nonsense')],
    ['md5 twice', 'protocol_error', saysAtLogin(authentication(5, 'salt'), authentication(5, 'salt'))],
    ['SCRAM twice', 'protocol_error', saysAtLogin(asksForScram, asksForScram)],
    ['SCRAM, then md5', 'protocol_error', saysAtLogin(asksForScram, authentication(5, 'salt'))],
    ['SCRAM, then nothing', 'protocol_error', saysAtLogin(asksForScram, WELCOME)],
    ['the password in the clear', 'cleartext_refused', saysAtLogin(authentication(3))],
    ['Kerberos', 'auth_unsupported', saysAtLogin(authentication(2))],
    ['GSSAPI', 'auth_unsupported', saysAtLogin(authentication(7))],
    ['SSPI', 'auth_unsupported', saysAtLogin(authentication(9))],
    ['a token', 'auth_unsupported', saysAtLogin(authentication(10, 'OAUTHBEARER\0\0'))],
    [
      'channel binding without TLS',
      'auth_unsupported',
      saysAtLogin(authentication(10, 'SCRAM-SHA-256-PLUS\0\0')),
    ],
    ['a method of the future', 'auth_unsupported', saysAtLogin(authentication(99))],
  ])('%s', async (_, code, behaviour) => {
    const heard: Buffer[] = [];
    const { outcome, message: text } = await outcomeOf((socket) => {
      socket.on('data', (chunk: Buffer) => heard.push(chunk));
      return behaviour(socket);
    });
    expect(outcome).toBe(code);
    expect(text).not.toContain(PASSWORD);
    expect(Buffer.concat(heard).toString('latin1')).not.toContain(PASSWORD);
  });

  test('asks for channel binding, which holds the proof against the certificate', async () => {
    const authority = await createAuthority();
    const issued = await authority.issue({ name: 'x' });
    let said = '';
    const mechanisms = 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0';
    const behaviour = overTls(issued, async (conversation) => {
      conversation.say(authentication(10, mechanisms));
      const first = await conversation.hear();
      const nonce = /r=(.*)$/.exec(first.toString())?.[1] ?? '';
      conversation.say(authentication(11, honest(nonce)));
      said = `${first.toString()} ${(await conversation.hear()).toString()}`;
      conversation.socket.end();
    });
    await outcomeOf(behaviour, { sslMode: 'require' });
    expect(said).toMatch(/^SCRAM-SHA-256-PLUS\0/);
    const [, binding = ''] = /c=([^,]+),/.exec(said) ?? [];
    const der = Buffer.from(issued.certificate.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    expect(Buffer.from(binding, 'base64')).toEqual(
      bytes('p=tls-server-end-point,,', createHash('sha256').update(der).digest()),
    );
  });
});
