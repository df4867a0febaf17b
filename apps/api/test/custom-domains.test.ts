import { newId, type CustomDomain, type CustomDomainList } from '@headgate/schema';
import { customDomainInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { DAY_MS, auditOf, expectRefusal, tokenFor } from './support.ts';

let api: TestApi;
let owner: TestActor;
let projectId: string;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner } = await api.createOrganization());
});
afterAll(async () => await api.close());
beforeEach(async () => {
  ({ id: projectId } = await api.createProject({ ...owner, token: await tokenFor(api, owner) }));
});

const listPath = () => `/v1/projects/${projectId}/domains`;
const pathOf = ({ id }: CustomDomain) => `${listPath()}/${id}`;
/** Sends with a token that is fresh, since these tests move the clock by weeks. */
const send = async <B = unknown>(method: string, path: string, body?: unknown, headers = {}) =>
  await api.send<B>(method, path, { token: await tokenFor(api, owner), body, headers });
const create = async (domain = customDomainInput().domain) =>
  (await send<CustomDomain>('POST', listPath(), { domain })).body;
const listed = async (query = '') => (await send<CustomDomainList>('GET', `${listPath()}${query}`)).body;

/** What the audit log keeps of a domain: all but the records to set. */
function summaryOf({ dns_instructions: _records, ...summary }: CustomDomain) {
  return summary;
}

describe('creating a custom domain', () => {
  test('answers it with the records to set, where it lies, and its version', async () => {
    const { status, body, headers } = await send<CustomDomain>('POST', listPath(), {
      domain: 'DB.Shop.Example.com',
    });
    expect(status).toBe(201);
    const now = api.clock.now().toISOString();
    const token = body.dns_verification_token;
    expect(body).toEqual({
      id: expect.stringMatching(/^dom_/) as string,
      project_id: projectId,
      domain: 'DB.Shop.Example.com',
      ...{ verified: false, verified_at: null, tls_cert_expiry: null },
      dns_verification_token: token,
      dns_instructions: {
        cname_host: 'DB.Shop.Example.com',
        cname_target: `${projectId.replace('_', '-')}.proxy.example.com`,
        txt_host: '_headgate.DB.Shop.Example.com',
        txt_value: token,
        acme_cname_host: '_acme-challenge.DB.Shop.Example.com',
        acme_cname_target: `${body.id.replace('_', '-')}.acme.proxy.example.com`,
      },
      ...{ created_at: now, updated_at: now },
    });
    expect(headers.get('location')).toBe(pathOf(body));
    const read = await send('GET', pathOf(body));
    expect(read.body).toEqual(body);
    expect(read.headers.get('etag')).toBe(headers.get('etag'));
  });

  test('gives each claim a token of its own that nobody guesses: 160 random bits', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 10 }, async () => (await create()).dns_verification_token),
    );
    for (const token of tokens) expect(token).toMatch(/^headgate-verification=[0-9a-f]{40}$/);
    expect(new Set(tokens).size).toBe(10);
  });

  test('answers an internationalized name as A-labels, and finds it the same one as those', async () => {
    const { domain, dns_instructions } = await create('Bücher.example.org');
    expect(domain).toBe('xn--bcher-kva.example.org');
    expect(dns_instructions.txt_host).toBe('_headgate.xn--bcher-kva.example.org');
    expectRefusal(await send('POST', listPath(), { domain: 'XN--BCHER-KVA.example.org' }), {
      code: 'CONFLICT',
    });
  });

  test('of a name that the project has already, in any case, is a 409 that says what to do', async () => {
    const { domain } = await create();
    const error = expectRefusal(await send('POST', listPath(), { domain: domain.toUpperCase() }), {
      code: 'CONFLICT',
    });
    expect(error.message).toContain('has this domain already');
    expect((await listed()).domains).toHaveLength(1);
  });

  test('twenty times at once makes one', async () => {
    const body = customDomainInput();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => await send('POST', listPath(), body)),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual([
      '201',
      ...Array<string>(19).fill('409'),
    ]);
    expect((await listed()).domains).toHaveLength(1);
  });

  test('of a name that another project or tenant claims is as if it were nobody’s', async () => {
    const { domain } = await create();
    const { owner: stranger } = await api.createOrganization();
    const { id: theirs } = await api.createProject(stranger);
    const { id: ours } = await api.createProject({ ...owner, token: await tokenFor(api, owner) });
    const answers = [
      await api.send<CustomDomain>('POST', `/v1/projects/${theirs}/domains`, {
        as: stranger,
        body: { domain },
      }),
      await send<CustomDomain>('POST', `/v1/projects/${ours}/domains`, { domain }),
    ];
    expect(answers.map(({ status, body }) => [status, body.domain])).toEqual([
      [201, domain],
      [201, domain],
    ]);
  });

  test('with an idempotency key makes one, and gives the same token again', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const body = customDomainInput();
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => await send('POST', listPath(), body, key)),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expectRefusal(await send('POST', listPath(), customDomainInput(), key), { code: 'CONFLICT' });
    expect((await listed()).domains).toHaveLength(1);
  });

  test('leaves an audit entry', async () => {
    const domain = await create();
    expect(await auditOf(api, domain.id)).toEqual([
      expect.objectContaining({
        ...{ action: 'customDomain.create', actor_id: owner.userId, before: null },
        after: summaryOf(domain),
      }),
    ]);
  });
});

describe('listing custom domains', () => {
  test('goes newest first, in pages that hold each once, and leaves out the deleted', async () => {
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      made.unshift((await create()).id);
      api.clock.advance(1);
    }
    const [gone] = made.splice(2, 1);
    await send('DELETE', `${listPath()}/${gone}`);
    const first = await listed('?page_size=3');
    const second = await listed(`?page_size=3&page_token=${first.next_page_token}`);
    expect([...first.domains, ...second.domains].map(({ id }) => id)).toEqual(made);
    expect(second.next_page_token).toBeUndefined();
  });

  test('shows each as a get does', async () => {
    const domain = await create();
    expect((await listed()).domains).toEqual([domain]);
  });

  test('refuses the page token of another project', async () => {
    await create();
    await create();
    const { next_page_token: token } = await listed('?page_size=1');
    const { id } = await api.createProject({ ...owner, token: await tokenFor(api, owner) });
    const answer = await send('GET', `/v1/projects/${id}/domains?page_token=${token}`);
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'page_token' });
  });
});

describe('reading a custom domain', () => {
  test('that the caller holds is a 304', async () => {
    const domain = await create();
    const { headers } = await send('GET', pathOf(domain));
    const answer = await send('GET', pathOf(domain), undefined, { 'If-None-Match': headers.get('etag') });
    expect([answer.status, answer.text]).toEqual([304, '']);
  });

  test('that never was, or of another project, is a 404', async () => {
    const domain = await create();
    const { id } = await api.createProject({ ...owner, token: await tokenFor(api, owner) });
    const paths = [
      `${listPath()}/${newId('dom')}`,
      `${listPath()}/dom_x`,
      `/v1/projects/${id}/domains/${domain.id}`,
    ];
    for (const path of paths) expectRefusal(await send('GET', path), { code: 'NOT_FOUND' });
  });
});

describe('deleting a custom domain', () => {
  test('takes it out of reads and lists, and tells the audit log what it was', async () => {
    const domain = await create();
    const answer = await send('DELETE', pathOf(domain));
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const [method, path] of [
      ['GET', pathOf(domain)],
      ['DELETE', pathOf(domain)],
      ['POST', `${pathOf(domain)}/verify`],
    ] as const)
      expectRefusal(await send(method, path), { code: 'NOT_FOUND' });
    expect((await listed()).domains).toEqual([]);
    const [, entry] = await auditOf(api, domain.id);
    expect(entry).toMatchObject({ action: 'customDomain.delete', before: summaryOf(domain), after: null });
  });

  test('frees its name in the project', async () => {
    const domain = await create();
    await send('DELETE', pathOf(domain));
    expect((await create(domain.domain)).id).not.toBe(domain.id);
  });

  test('of another version than the one named is a 412, and it stays', async () => {
    const domain = await create();
    const stale = await send('DELETE', pathOf(domain), undefined, { 'If-Match': '"9"' });
    expectRefusal(stale, { code: 'PRECONDITION_FAILED' });
    expect((await send('DELETE', pathOf(domain), undefined, { 'If-Match': '"1"' })).status).toBe(204);
  });
});

describe('restoring a custom domain', () => {
  test('brings it back with the same records, as a new version', async () => {
    const domain = await create();
    await send('DELETE', pathOf(domain));
    api.clock.advance(1_000);
    const { status, body, headers } = await send<CustomDomain>('POST', `${pathOf(domain)}/restore`);
    expect(status).toBe(200);
    expect(body).toEqual({ ...domain, updated_at: api.clock.now().toISOString() });
    const read = await send('GET', pathOf(domain));
    expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
    expect(headers.get('etag')).not.toBe('"1"');
    const [, , entry] = await auditOf(api, domain.id);
    expect(entry).toMatchObject({ action: 'customDomain.restore', before: null, after: summaryOf(body) });
  });

  test('works to the last moment of 30 days by the clock, and is a 404 after it', async () => {
    const [domain, other] = [await create(), await create()];
    await send('DELETE', pathOf(domain));
    await send('DELETE', pathOf(other));
    api.clock.advance(30 * DAY_MS - 1);
    expect((await send('POST', `${pathOf(domain)}/restore`)).status).toBe(200);
    api.clock.advance(1);
    expectRefusal(await send('POST', `${pathOf(other)}/restore`), { code: 'NOT_FOUND' });
  });

  test('that lives is a 409, as is one whose name the project has again', async () => {
    const domain = await create();
    expectRefusal(await send('POST', `${pathOf(domain)}/restore`), { code: 'CONFLICT' });
    await send('DELETE', pathOf(domain));
    const again = await create(domain.domain);
    const error = expectRefusal(await send('POST', `${pathOf(domain)}/restore`), { code: 'CONFLICT' });
    expect(error.message).toContain('has the same domain again');
    await send('DELETE', pathOf(again));
    expect((await send('POST', `${pathOf(domain)}/restore`)).status).toBe(200);
  });

  test('ten times at once restores it once', async () => {
    const domain = await create();
    await send('DELETE', pathOf(domain));
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => await send('POST', `${pathOf(domain)}/restore`)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
    expect(await auditOf(api, domain.id)).toHaveLength(3);
  });
});
