import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { Certificate, CertificateWithPem } from '@headgate/schema';
import {
  createAuthority,
  issueSelfSigned,
  issueWeak,
  type TestAuthority,
  type TestCertificate,
} from '@headgate/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { DAY_MS, expectRefusal, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const path = `/v1/projects/${projectId}/certificates`;

let authority: TestAuthority;
let client: TestCertificate;
let other: TestCertificate;
const LONG_AGO = { notBefore: new Date(Date.now() - 9 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
beforeAll(async () => {
  authority = await createAuthority();
  [client, other] = await Promise.all([authority.issue({ name: 'app' }), authority.issue({ name: 'other' })]);
});

const send = async (body: object) =>
  await api.send<Certificate>('POST', path, { as: owner, body: { name: 'n', ...body } });
const sendCa = async (certificate: string, over = {}) => await send({ kind: 'ca', certificate, ...over });
const sendClient = async (over: object) =>
  await send({ kind: 'client', certificate: client.certificate, private_key: client.key, ...over });

/** The public half of the client's key, and the private half of another one. */
function forged(): string {
  const [own, foreign] = [client, other].map(({ key }) => createPrivateKey(key));
  const secretOf = (key = own) => Buffer.from(key!.export({ format: 'jwk' }).d!, 'base64url');
  const der = own!.export({ type: 'sec1', format: 'der' });
  secretOf(foreign).copy(der, der.indexOf(secretOf()));
  return `-----BEGIN EC PRIVATE KEY-----\n${der.toString('base64')}\n-----END EC PRIVATE KEY-----`;
}

function longKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4104 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The refusal, which names the field and holds nothing of what was sent. */
function refusal(answer: Awaited<ReturnType<typeof send>>, field: string, message: string | RegExp): void {
  const error = expectRefusal(answer, { code: 'INVALID_INPUT', field });
  expect(error.message).toMatch(message);
  expect(answer.text).not.toMatch(/MI[A-Za-z0-9+/]{20}/);
  expect(answer.text).not.toContain(client.key.split('\n')[1]);
}

const derOf = (pem: string) => Buffer.from(pem.split('\n').slice(1, -1).join(''), 'base64');
const keyAs = (options: object) =>
  createPrivateKey(client.key)
    .export(options as never)
    .toString();

describe('PEM', () => {
  test.each<[what: string, make: (pem: string) => string]>([
    ['with the line breaks of Windows', (pem) => pem.replaceAll('\n', '\r\n')],
    ['indented, as in a file of YAML', (pem) => pem.replaceAll(/^/gm, '    ')],
    [
      'in one long line',
      (pem) =>
        pem
          .split('\n')
          .map((line) => (line.startsWith('-') ? `\n${line}\n` : line))
          .join(''),
    ],
    ['with words around it', (pem) => `# Shop CA\nsubject=CN = é\u0000\n${pem}\nthe end`],
    ['without a line break at its end', (pem) => pem.trim()],
  ])('is taken %s, and nothing else of the text is kept', async (_what, make) => {
    const { status, body, text } = await sendCa(make(authority.certificate));
    expect(status, text).toBe(201);
    const read = await api.send<CertificateWithPem>('GET', `${path}/${body.id}`, { as: owner });
    expect(read.body.certificate.trim()).toBe(authority.certificate.trim());
  });

  test.each<[what: string, make: (pem: string) => string, message: RegExp]>([
    ['that is none', () => 'a certificate', /must be PEM/],
    ['that is the path of a file', () => '/etc/ssl/certs/ca.pem', /must be PEM/],
    ['that is DER', (pem) => derOf(pem).toString('latin1'), /looks like DER.*openssl x509/],
    ['that is DER, read as UTF-8', (pem) => derOf(pem).toString(), /looks like DER/],
    ['that is the base64 of DER', (pem) => derOf(pem).toString('base64'), /base64 of it/],
    ['with "\\n" in place of line breaks', (pem) => pem.replaceAll('\n', String.raw`\n`), /"\\n" where/],
    ['without line breaks', (pem) => pem.replaceAll('\n', ' '), /lost its line breaks/],
    ['that is cut off', (pem) => pem.slice(0, -40), /cut off: block 1 has no END/],
    ['that is cut off in the middle of two', (pem) => `${pem.slice(0, 200)}\n${pem}`, /cut off: block 1/],
    ['that ends as something else', (pem) => pem.replace('END CERT', 'END OTHER CERT'), /cut off/],
    ['whose base64 is damaged', (pem) => pem.replace('\nMI', '\n!!'), /damaged: block 1/],
    ['with bytes missing', (pem) => pem.replace('\nMII', '\n'), /damaged: block 1/],
    [
      'that holds a request',
      (pem) => pem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'),
      /block of CERTIFICATE REQUEST/,
    ],
    ['that holds itself twice', (pem) => `${pem}\n${pem}`, /block 2 is block 1 again/],
    ['that is empty', () => '', /must have 1 to 262144 characters/],
    ['that is too long', () => 'x'.repeat(256 * 1024 + 1), /must have 1 to 262144 characters/],
  ])('%s is refused, with the remedy', async (_what, make, message) => {
    refusal(await sendCa(make(authority.certificate)), 'certificate', message);
  });

  test('of a private key in the place of a certificate is refused without a word of it, and nothing is kept', async () => {
    for (const pasted of [
      client.key,
      `${client.certificate}\n${client.key}`,
      keyAs({ type: 'sec1', format: 'pem' }),
    ]) {
      refusal(await sendCa(pasted), 'certificate', /private key/);
    }
    expect(api.logs()).not.toContain(client.key.split('\n')[1]);
  });

  test('of hundreds of blocks that never end is refused at once: it is read once', async () => {
    const text = '-----BEGIN CERTIFICATE-----\n'.repeat(9_000);
    const from = performance.now();
    refusal(await sendCa(text), 'certificate', /cut off/);
    expect(performance.now() - from).toBeLessThan(2_000);
  });

  test('of more than 500 certificates is refused', async () => {
    const blocks = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'.repeat(501);
    refusal(await sendCa(blocks), 'certificate', /at most 500 certificates/);
  });
});

describe('authorities', () => {
  test('that another one has signed are taken, and so is a certificate that has signed itself', async () => {
    const own = await issueSelfSigned({ name: 'db.example.com', dnsNames: ['db.example.com'] });
    const { status, body } = await sendCa(own.certificate);
    expect([status, body.certificates[0]?.is_ca]).toEqual([201, false]);
  });

  test('are not what a server shows: that is refused, with whose it has to be', async () => {
    const server = await authority.issue({ name: 'db.example.com', dnsNames: ['db.example.com'] });
    refusal(await sendCa(server.certificate), 'certificate', /block 1 is a certificate that another one/);
    const both = `${authority.certificate}\n${server.certificate}`;
    refusal(await sendCa(both), 'certificate', /block 2 is a certificate/);
  });

  test('may have expired among others that have not, and the answer says so; all of them may not', async () => {
    const [expired, second] = await Promise.all([
      issueSelfSigned({ name: 'old', ...LONG_AGO }),
      issueSelfSigned({ name: 'older', ...LONG_AGO }),
    ]);
    const { status, body } = await sendCa(`${authority.certificate}\n${expired.certificate}`);
    expect([status, body.certificate_count]).toEqual([201, 2]);
    expect(new Date(body.not_after).getTime()).toBeLessThan(Date.now());
    refusal(await sendCa(expired.certificate), 'certificate', /this one has/);
    refusal(
      await sendCa(`${expired.certificate}\n${second.certificate}`),
      'certificate',
      /all of these have/,
    );
  });

  test('come without a key', async () => {
    refusal(
      await sendCa(authority.certificate, { private_key: client.key }),
      'private_key',
      /left out for a ca/,
    );
  });
});

describe('the certificate of a client', () => {
  test.each<[what: string, key: () => string]>([
    ['PKCS #8', () => client.key],
    ['SEC 1', () => keyAs({ type: 'sec1', format: 'pem' })],
    [
      'SEC 1 with the parameters of its curve ahead',
      () =>
        `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${keyAs({ type: 'sec1', format: 'pem' })}`,
    ],
  ])('is taken with its key as %s', async (_what, key) => {
    const { status, text } = await sendClient({ private_key: key() });
    expect(status, text).toBe(201);
  });

  test('has a key with it', async () => {
    refusal(await send({ kind: 'client', certificate: client.certificate }), 'private_key', /is required/);
  });

  test.each<[what: string, key: () => string, message: RegExp]>([
    [
      'that is encrypted',
      () => keyAs({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' }),
      /not be encrypted.*sealed at rest/,
    ],
    [
      'that is encrypted in the old way',
      () => keyAs({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' }),
      /not be encrypted/,
    ],
    ['of another certificate', () => other.key, /is of none of them/],
    ['that is two', () => `${client.key}\n${other.key}`, /one PRIVATE KEY block/],
    ['that is a certificate', () => client.certificate, /there is one of CERTIFICATE/],
    [
      'that is a public key',
      () => `-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----`,
      /one of PUBLIC KEY/,
    ],
    ['of SSH', () => client.key.replaceAll('PRIVATE', 'OPENSSH PRIVATE'), /one of SSH/],
    ['that is damaged', () => client.key.replace('\nMI', '\nMA'), /damaged/],
    ['that is cut off', () => client.key.slice(0, 90), /cut off/],
    ['that is no PEM', () => derOf(client.key).toString('base64'), /must be PEM/],
    ['that is another one behind its own public half', forged, /signs does not hold/],
    ['with which every connection would take long', longKey, /must have at most 4096 bits, and has 4104/],
    ['that is too long', () => client.key + ' '.repeat(16 * 1024), /must have 1 to 16384 characters/],
  ])('is refused with a key %s', async (_what, key, message) => {
    refusal(await sendClient({ private_key: key() }), 'private_key', message);
  });

  test('comes first, and its issuers behind it', async () => {
    const wrong = `${authority.certificate}\n${client.certificate}`;
    refusal(await sendClient({ certificate: wrong }), 'private_key', /is of block 2. Put that one first/);
  });

  test('that has expired is refused, and one that is not valid yet is taken', async () => {
    const expired = await authority.issue({ name: 'app', ...LONG_AGO });
    const answer = await sendClient({ certificate: expired.certificate, private_key: expired.key });
    refusal(answer, 'certificate', /every server refuses it since \d{4}-/);
    const tomorrow = await authority.issue({ name: 'app', notBefore: new Date(Date.now() + DAY_MS) });
    const early = await sendClient({ certificate: tomorrow.certificate, private_key: tomorrow.key });
    expect(early.status).toBe(201);
  });

  test('whose key is too short for TLS is refused, and not at the first connection', async () => {
    const weak = await issueWeak();
    const answer = await sendClient({ certificate: weak.certificate, private_key: weak.key });
    refusal(answer, 'certificate', /refused by TLS with its key \(ee key too small\)/);
  });
});

test('names within a certificate are shown on one line, without what would turn it around', async () => {
  const { certificate } = await createAuthority('a\u202eb\u0007c');
  const { body } = await sendCa(certificate);
  expect(body.certificates[0]?.subject).toMatch(/^CN=[^\p{C}]*$/u);
  const long = await createAuthority('n'.repeat(2_000));
  const { body: shortened } = await sendCa(long.certificate);
  expect(shortened.certificates[0]?.subject).toBe(`CN=${'n'.repeat(497)}…`);
});

test('a kind that there is not, and a name that is empty, are refused', async () => {
  refusal(await sendCa(authority.certificate, { kind: 'server' }), 'kind', /"ca", "client"/);
  refusal(await sendCa(authority.certificate, { name: '' }), 'name', /1 to 100/);
});
