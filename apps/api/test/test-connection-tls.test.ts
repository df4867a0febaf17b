/** That the certificates which a database names are what its server is reached with. */
import type { Certificate, ConnectionCheck } from '@headgate/schema';
import { createAuthority } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { useProject } from './support.ts';
import { failures, inputOf, useServer } from './upstream-support.ts';

const { api, owner, projectId } = await useProject();
const authority = await createAuthority('Shop CA');
const upstream = await useServer({
  tls: { ...(await authority.issue({ name: 'db', ipAddresses: ['127.0.0.1'] })), ca: authority.certificate },
  hba: ['hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca'],
});
const PATH = `/v1/projects/${projectId}`;

const add = async (body: object) =>
  (await api.send<Certificate>('POST', `${PATH}/certificates`, { as: owner, body })).body.id;
const { certificate, key: private_key } = await authority.issue({ name: 'app' });
const ca = await add({ name: 'ca', kind: 'ca', certificate: authority.certificate });
const other = await add({ name: 'other', kind: 'ca', certificate: (await createAuthority()).certificate });
const client = await add({ name: 'app', kind: 'client', certificate, private_key });
const WITH_BOTH = { ca_certificate_id: ca, client_certificate_id: client };

const tryIt = async (over: object) => {
  const body = { ...inputOf(upstream), ssl_mode: 'verify-full', ...WITH_BOTH, ...over };
  return await api.send<ConnectionCheck>('POST', `${PATH}/databases/test-connection`, { as: owner, body });
};

test('with its own authority and the certificate that it asks for, a server is reached and verified', async () => {
  const { body } = await tryIt({});
  expect(body.error).toBeUndefined();
  expect(body.server?.tls).toMatch(/^TLSv1\.[23]$/);
});

describe('it is not reached', () => {
  const UNKNOWN_CA = 'certificate_unknown_ca';
  test.each([
    ['without its authority', UNKNOWN_CA, { ca_certificate_id: '' }],
    ['with another authority', UNKNOWN_CA, { ca_certificate_id: other }],
    ['with another one, also by require', UNKNOWN_CA, { ca_certificate_id: other, ssl_mode: 'require' }],
    [
      'without the certificate that it asks for',
      'client_certificate_required',
      { client_certificate_id: '' },
    ],
    ['without TLS', 'tls_required', { ssl_mode: 'disable' }],
  ])('%s: %s', async (_what, code, over) => {
    const answer = await tryIt(over);
    expect(answer.body.ok).toBe(false);
    expect(failures(answer)).toEqual([code]);
  });

  test('under a name that its certificate does not have, unless the name is not asked for', async () => {
    const host = 'db.shop.example';
    api.dns.set('A', host, '127.0.0.1');
    const answer = await tryIt({ host });
    expect(failures(answer)).toEqual(['certificate_name_mismatch']);
    expect((await tryIt({ host, ssl_mode: 'verify-ca' })).body.ok).toBe(true);
  });
});

test('the key of a client certificate is shown by no test', async () => {
  const { text } = await tryIt({ password: 'wrong' });
  const [, line = ''] = private_key.split('\n');
  expect(line.length).toBeGreaterThan(20);
  expect(text + api.logs()).not.toContain(line);
});
