import { newId, type Certificate, type CertificateList, type CertificateWithPem } from '@headgate/schema';
import { certificateInput, createAuthority, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { DAY_MS, auditOf, expectRefusal, rows, tokenFor } from './support.ts';

let api: TestApi;
let owner: TestActor;
let projectId: string;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner } = await api.createOrganization());
});
afterAll(async () => await api.close());
beforeEach(async () => {
  projectId = await newProject();
});

const newProject = async () => (await api.createProject({ ...owner, token: await tokenFor(api, owner) })).id;
const listPath = (id = projectId) => `/v1/projects/${id}/certificates`;
const pathOf = ({ id }: Certificate) => `${listPath()}/${id}`;
/** Sends with a token that is fresh, since these tests move the clock by weeks. */
const send = async <B = unknown>(method: string, path: string, body?: unknown, headers = {}) =>
  await api.send<B>(method, path, { token: await tokenFor(api, owner), body, headers });
const create = async (over = {}) =>
  (await send<Certificate>('POST', listPath(), await certificateInput(over))).body;
const listed = async (query = '') => (await send<CertificateList>('GET', `${listPath()}${query}`)).body;

/** A client certificate with its key, as a request describes it, and its authority. */
async function clientInput() {
  const authority = await createAuthority('Shop CA');
  const { certificate, key } = await authority.issue({ name: 'app' });
  return { name: 'app', kind: 'client' as const, certificate, private_key: key, authority };
}

/** So many authorities in one bundle. */
async function bundle(count: number): Promise<string> {
  const made = await Promise.all(
    Array.from({ length: count }, async (_, i) => await createAuthority(`CA ${i}`)),
  );
  return made.map(({ certificate }) => certificate).join('\n');
}

describe('adding a certificate', () => {
  test('of an authority answers what it says, where it lies, and its version', async () => {
    const { certificate } = await createAuthority('Shop CA');
    const body = { name: 'shop', kind: 'ca', certificate };
    const answer = await send<Certificate>('POST', listPath(), body);
    expect(answer.status).toBe(201);
    const now = api.clock.now().toISOString();
    const [info] = answer.body.certificates;
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^cert_/) as string,
      ...{ project_id: projectId, name: 'shop', kind: 'ca', certificate_count: 1 },
      not_after: info?.not_after,
      certificates: [
        {
          ...{ subject: 'CN=Shop CA', issuer: 'CN=Shop CA', is_ca: true },
          serial_number: expect.stringMatching(/^[0-9A-F]+$/) as string,
          not_before: expect.stringMatching(/Z$/) as string,
          not_after: expect.stringMatching(/Z$/) as string,
          fingerprint_sha256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/) as string,
        },
      ],
      ...{ created_at: now, updated_at: now },
    });
    expect(new Date(info?.not_after ?? 0).getTime()).toBeGreaterThan(Date.now());
    expect(answer.headers.get('location')).toBe(pathOf(answer.body));
    const read = await send<CertificateWithPem>('GET', pathOf(answer.body));
    expect(read.body).toEqual({ ...answer.body, certificate: read.body.certificate });
    expect(read.body.certificate.replaceAll('\n', '')).toBe(certificate.replaceAll('\n', ''));
    expect(read.headers.get('etag')).toBe(answer.headers.get('etag'));
  });

  test('of a client keeps its key sealed for it alone, and shows it nowhere', async () => {
    const { authority, ...body } = await clientInput();
    const chain = `${body.certificate}\n${authority.certificate}`;
    const { body: made, text } = await send<Certificate>('POST', listPath(), { ...body, certificate: chain });
    expect(made.certificates.map(({ subject, is_ca: isCa }) => [subject, isCa])).toEqual([
      ['CN=app', false],
      ['CN=Shop CA', true],
    ]);
    const [row] = await rows<{ sealed_private_key: string; text: string }>(
      api,
      'select sealed_private_key, c::text as text from certificates c where id = $1',
      [made.id],
    );
    const owned = `certificates/${made.id}/private_key`;
    expect((await api.vault.open(row!.sealed_private_key, owned)).trim()).toBe(body.private_key.trim());
    const base64 = body.private_key.split('\n').slice(1, -1).join('').slice(20, 60);
    const everywhere = [
      text,
      row!.text,
      (await send('GET', pathOf(made))).text,
      (await send('GET', listPath())).text,
      JSON.stringify(await auditOf(api, made.id)),
      api.logs(),
    ];
    for (const place of everywhere) expect(place).not.toContain(base64);
  });

  test('shows the first ten of a large bundle, and all of them to whoever reads it alone', async () => {
    const certificate = await bundle(25);
    const { body } = await send<Certificate>('POST', listPath(), { name: 'all', kind: 'ca', certificate });
    expect([body.certificate_count, body.certificates.length]).toEqual([25, 10]);
    expect((await listed()).certificates).toEqual([body]);
    const { body: whole } = await send<CertificateWithPem>('GET', pathOf(body));
    expect(whole.certificates.map(({ subject }) => subject)).toEqual(
      Array.from({ length: 25 }, (_, index) => `CN=CA ${index}`),
    );
    expect(whole.certificates.slice(0, 10)).toEqual(body.certificates);
    expect(whole.certificate.match(/BEGIN CERTIFICATE/g)).toHaveLength(25);
    expect(body.not_after).toBe(whole.certificates.map((each) => each.not_after).toSorted()[0]);
  });

  test('leaves an audit entry that says which, and holds no PEM', async () => {
    const certificate = await create();
    const entries = await auditOf(api, certificate.id);
    expect(entries).toEqual([
      expect.objectContaining({
        ...{ action: 'certificate.create', actor_id: owner.userId, before: null, after: certificate },
      }),
    ]);
    expect(JSON.stringify(entries)).not.toContain('BEGIN');
  });

  test('with an idempotency key makes one, also of several that come at once', async () => {
    const { authority: _authority, ...body } = await clientInput();
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => await send('POST', listPath(), body, key)),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expectRefusal(await send('POST', listPath(), await certificateInput(), key), { code: 'CONFLICT' });
    expect((await listed()).certificates).toHaveLength(1);
  });

  test('with an idempotency key gets the first answer also when the certificate has expired since', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const authority = await createAuthority();
    const soon = new Date(api.clock.now().getTime() + 60_000);
    const { certificate, key } = await authority.issue({ name: 'app', notAfter: soon });
    const body = { name: 'app', kind: 'client', certificate, private_key: key };
    const first = await send('POST', listPath(), body, headers);
    expect(first.status).toBe(201);
    api.clock.advance(60_001);
    const again = await send('POST', listPath(), body, headers);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expectRefusal(await send('POST', listPath(), body), { code: 'INVALID_INPUT', field: 'certificate' });
  });

  test('is refused at a hundred in a project, also when many come at once, and goes on in another', async () => {
    const body = await certificateInput();
    for (let round = 0; round < 19; round += 1) {
      await Promise.all(Array.from({ length: 5 }, async () => await send('POST', listPath(), body)));
    }
    const last = await Promise.all(
      Array.from({ length: 12 }, async () => await send('POST', listPath(), body)),
    );
    expect(last.filter(({ status }) => status === 201)).toHaveLength(5);
    const refused = last.find(({ status }) => status === 403);
    expect(expectRefusal(refused!, { code: 'LIMIT_EXCEEDED' }).message).toContain(
      'The limit certificates_per_project is 100',
    );
    const other = await newProject();
    expect((await send('POST', listPath(other), body)).status).toBe(201);
    const { certificates } = await listed('?page_size=1');
    await send('DELETE', pathOf(certificates[0]!));
    expect((await send('POST', listPath(), body)).status).toBe(201);
    expectRefusal(await send('POST', `${pathOf(certificates[0]!)}/restore`), { code: 'LIMIT_EXCEEDED' });
  });
});

describe('listing certificates', () => {
  test('goes newest first, in pages that hold each once, and leaves out the deleted and the PEM', async () => {
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      made.unshift((await create()).id);
      api.clock.advance(1);
    }
    const [gone] = made.splice(2, 1);
    await send('DELETE', `${listPath()}/${gone}`);
    const first = await listed('?page_size=3');
    const second = await listed(`?page_size=3&page_token=${first.next_page_token}`);
    const all = [...first.certificates, ...second.certificates];
    expect(all.map(({ id }) => id)).toEqual(made);
    expect(second.next_page_token).toBeUndefined();
    for (const each of all) expect(each).not.toHaveProperty('certificate');
  });
});

describe('reading a certificate', () => {
  test('that the caller holds is a 304', async () => {
    const certificate = await create();
    const { headers } = await send('GET', pathOf(certificate));
    const held = { 'If-None-Match': headers.get('etag') };
    const answer = await send('GET', pathOf(certificate), undefined, held);
    expect([answer.status, answer.text]).toEqual([304, '']);
  });

  test('that never was, or of another project, is a 404', async () => {
    const certificate = await create();
    const other = await newProject();
    const paths = [
      `${listPath()}/${newId('cert')}`,
      `${listPath()}/cert_x`,
      `${listPath(other)}/${certificate.id}`,
    ];
    for (const path of paths) expectRefusal(await send('GET', path), { code: 'NOT_FOUND' });
  });
});

describe('deleting a certificate', () => {
  test('takes it out of reads and lists, and tells the audit log what it was', async () => {
    const certificate = await create();
    const answer = await send('DELETE', pathOf(certificate));
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const method of ['GET', 'DELETE'])
      expectRefusal(await send(method, pathOf(certificate)), { code: 'NOT_FOUND' });
    expect((await listed()).certificates).toEqual([]);
    const [, entry] = await auditOf(api, certificate.id);
    expect(entry).toMatchObject({ action: 'certificate.delete', before: certificate, after: null });
  });

  test('of another version than the one named is a 412, and it stays', async () => {
    const certificate = await create();
    const stale = await send('DELETE', pathOf(certificate), undefined, { 'If-Match': '"9"' });
    expectRefusal(stale, { code: 'PRECONDITION_FAILED' });
    expect((await send('DELETE', pathOf(certificate), undefined, { 'If-Match': '"1"' })).status).toBe(204);
  });
});

describe('restoring a certificate', () => {
  test('brings it back with its key, as a new version', async () => {
    const { authority: _authority, ...body } = await clientInput();
    const { body: certificate } = await send<Certificate>('POST', listPath(), body);
    await send('DELETE', pathOf(certificate));
    api.clock.advance(1_000);
    const restored = await send<Certificate>('POST', `${pathOf(certificate)}/restore`);
    expect(restored.status).toBe(200);
    expect(restored.body).toEqual({ ...certificate, updated_at: api.clock.now().toISOString() });
    expect(restored.headers.get('etag')).not.toBe('"1"');
    const [row] = await rows<{ sealed: string }>(
      api,
      'select sealed_private_key as sealed from certificates where id = $1',
      [certificate.id],
    );
    expect(await api.vault.open(row!.sealed, `certificates/${certificate.id}/private_key`)).toContain(
      'PRIVATE',
    );
    const [, , entry] = await auditOf(api, certificate.id);
    expect(entry).toMatchObject({ action: 'certificate.restore', before: null, after: restored.body });
  });

  test('works to the last moment of 30 days by the clock, and is a 404 after it', async () => {
    const [certificate, other] = [await create(), await create()];
    await send('DELETE', pathOf(certificate));
    await send('DELETE', pathOf(other));
    api.clock.advance(30 * DAY_MS - 1);
    expect((await send('POST', `${pathOf(certificate)}/restore`)).status).toBe(200);
    api.clock.advance(1);
    expectRefusal(await send('POST', `${pathOf(other)}/restore`), { code: 'NOT_FOUND' });
  });

  test('that lives is a 409', async () => {
    const certificate = await create();
    expectRefusal(await send('POST', `${pathOf(certificate)}/restore`), { code: 'CONFLICT' });
  });

  test('ten times at once restores it once', async () => {
    const certificate = await create();
    await send('DELETE', pathOf(certificate));
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => await send('POST', `${pathOf(certificate)}/restore`)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
  });
});

describe('the certificates of a project that is deleted', () => {
  test('go with it, and come back with it; one that was deleted before stays away', async () => {
    const [living, gone] = [await create(), await create()];
    await send('DELETE', pathOf(gone));
    await send('DELETE', `/v1/projects/${projectId}`);
    expectRefusal(await send('GET', pathOf(living)), { code: 'NOT_FOUND' });
    expectRefusal(await send('POST', `${pathOf(living)}/restore`), { code: 'CONFLICT' });
    await send('POST', `/v1/projects/${projectId}/restore`);
    const { certificates } = await listed();
    expect(certificates).toEqual([{ ...living, updated_at: certificates[0]?.updated_at }]);
    expectRefusal(await send('GET', pathOf(gone)), { code: 'NOT_FOUND' });
  });
});
