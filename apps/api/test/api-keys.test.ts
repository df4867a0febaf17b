import { SCOPES, newId, type ApiKey, type ApiKeyList, type Scope } from '@headgate/schema';
import { apiKeyInput, type TestActor } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import type { TestAnswer } from './harness.ts';
import { auditOf, expectRefusal, rows, tokenFor, useApi } from './support.ts';

type Created = ApiKey & { readonly api_key: string };

const { api, owner } = await useApi();
const organization = await api.createOrganization();

const pathOf = (orgId: string) => `/v1/organizations/${orgId}/api-keys`;
async function create(as: TestActor, over: object = {}, headers: Record<string, string> = {}) {
  return await api.send<Created>('POST', pathOf(as.orgId), {
    ...{ as, headers },
    body: { ...apiKeyInput(), ...over },
  });
}
async function list(as: TestActor, query = '') {
  return (await api.send<ApiKeyList>('GET', `${pathOf(as.orgId)}${query}`, { as })).body;
}
const bodyOf = <B>(answer: TestAnswer<B>, status: number): B => {
  expect(answer.status, answer.text).toBe(status);
  return answer.body;
};

describe('a key that is created', () => {
  test('is shown once, begins as its hint says, and is of the form that secret scanners can know', async () => {
    const answer = await create(owner, { name: 'deploy' });
    const created = bodyOf(answer, 201);
    expect(created.api_key).toMatch(/^hgo_[0-9a-f]{72}$/);
    expect(created.api_key.startsWith(created.hint)).toBe(true);
    expect(created.hint).toHaveLength(12);
    expect(created).toMatchObject({ name: 'deploy', owner_id: owner.userId, org_id: owner.orgId });
    expect(created).not.toHaveProperty('project_id');
    expect(answer.headers.get('location')).toBe(`${pathOf(owner.orgId)}/${created.id}`);
    expect(answer.headers.get('cache-control')).toBe('no-store');

    const { api_key: _key, ...rest } = created;
    const read = await api.send('GET', `${pathOf(owner.orgId)}/${created.id}`, { as: owner });
    expect(bodyOf(read, 200)).toEqual(rest);
    expect(read.headers.get('etag')).toBe(answer.headers.get('etag'));
  });

  test('for one project begins otherwise and names its project', async () => {
    const project = await api.createProject(owner);
    const created = bodyOf(await create(owner, { project_id: project.id }), 201);
    expect(created.api_key).toMatch(/^hgp_[0-9a-f]{72}$/);
    expect(created.project_id).toBe(project.id);
  });

  test('lies in no row, log or audit entry, neither whole nor in its random part', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const { api_key: key, id } = bodyOf(await create(owner, {}, headers), 201);
    await api.send('GET', '/v1/organizations', { token: key });
    const random = key.slice(12, 68);
    for (const table of ['api_keys', 'audit_entries', 'idempotency_records'])
      expect(JSON.stringify(await rows(api, `select * from ${table}`)), table).not.toContain(random);
    expect(api.logs()).not.toContain(random);
    expect(await auditOf(api, id)).toMatchObject([{ action: 'apiKey.create', actor_id: owner.userId }]);
  });

  test('is given again, with the key, to a retry of the request that made it, and made once', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const body = { name: `retried ${crypto.randomUUID()}` };
    const answers = await Promise.all([1, 2, 3].map(async () => await create(owner, body, headers)));
    const [first] = answers;
    for (const answer of answers) expect(bodyOf(answer, 201)).toEqual(first?.body);
    expect(
      (await list(owner, '?page_size=100')).api_keys.filter(({ name }) => name === body.name),
    ).toHaveLength(1);
    expect(
      bodyOf(await api.send('GET', '/v1/organizations', { token: first?.body.api_key }), 200),
    ).toBeDefined();
    expectRefusal(await create(owner, { name: 'other' }, headers), { code: 'CONFLICT' });
  });

  test('keeps its time of expiry to the moment, whatever zone it was given in', async () => {
    const created = bodyOf(await create(owner, { expires_at: '2099-01-01T02:30:00.5+02:30' }), 201);
    expect(created.expires_at).toBe('2099-01-01T00:00:00.500Z');
    const small = bodyOf(await create(owner, { expires_at: '2099-01-01t00:00:00z' }), 201);
    expect(small.expires_at).toBe('2099-01-01T00:00:00.000Z');
  });
});

describe('a request for a key is refused, with the field', () => {
  test.each<[what: string, over: object, field: string]>([
    ['without a name', { name: undefined }, 'name'],
    ['with an empty name', { name: '' }, 'name'],
    ['with a long name', { name: 'x'.repeat(101) }, 'name'],
    ['with a name of several lines', { name: 'a\nb' }, 'name'],
    ['without scopes', { scopes: undefined }, 'scopes'],
    ['with no scope', { scopes: [] }, 'scopes'],
    ['with scopes that are no list', { scopes: 'projects:read' }, 'scopes'],
    ['with an unknown scope', { scopes: ['projects:read', 'projects:admin'] }, 'scopes[1]'],
    ['with a scope twice', { scopes: ['projects:read', 'projects:read'] }, 'scopes'],
    ['with a past expiry', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['with an expiry behind the year 9999', { expires_at: '9999-12-31T23:59:59-23:59' }, 'expires_at'],
    ['with an expiry without a zone', { expires_at: '2099-01-01T00:00:00' }, 'expires_at'],
    ['with a date for an expiry', { expires_at: '2099-01-01' }, 'expires_at'],
    ['with a number for an expiry', { expires_at: 4_070_908_800 }, 'expires_at'],
    ['with a number for a project', { project_id: 1 }, 'project_id'],
    ['with a field that is not one', { role: 'owner' }, 'role'],
  ])('%s', async (_what, over, field) => {
    expectRefusal(await create(owner, over), { code: 'INVALID_INPUT', field });
  });

  test('with the management of keys for a key of one project', async () => {
    const { id } = await api.createProject(owner);
    const answer = await create(owner, { project_id: id, scopes: ['projects:read', 'keys:write'] });
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'scopes[1]' });
  });

  test('for a project that is missing, deleted or of another organization, all in the same words', async () => {
    const foreign = await api.createProject(organization.owner);
    const deleted = await api.createProject(owner);
    await api.send('DELETE', `/v1/projects/${deleted.id}`, { as: owner });
    const messages = await Promise.all(
      [newId('prj'), 'nonsense', deleted.id, foreign.id].map(async (project_id) => {
        return expectRefusal(await create(owner, { project_id }), { code: 'NOT_FOUND' }).message;
      }),
    );
    expect(new Set(messages).size).toBe(1);
  });

  test("for a project of another of one's own organizations", async () => {
    const organizations = [owner.orgId, organization.orgId].map((id) => ({ id, role: 'owner' }));
    const token = await api.issuer.token({ subject: owner.userId, organizations });
    const foreign = await api.createProject(organization.owner);
    const body = apiKeyInput({ project_id: foreign.id });
    expectRefusal(await api.send('POST', pathOf(owner.orgId), { token, body }), { code: 'NOT_FOUND' });
  });
});

describe('the keys of an organization', () => {
  test('are all listed for those who answer for it, newest first, and their own for others', async () => {
    const { owner: boss, admin, member } = await api.createOrganization();
    api.clock.tick(1);
    const byBoss = bodyOf(await create(boss), 201);
    const byMember = bodyOf(await create(member), 201);
    api.clock.tick(0);
    const idsFor = async (as: TestActor) => (await list(as)).api_keys.map(({ id }) => id);
    expect(await idsFor(boss)).toEqual([byMember.id, byBoss.id]);
    expect(await idsFor(admin)).toEqual([byMember.id, byBoss.id]);
    expect(await idsFor(member)).toEqual([byMember.id]);

    const path = `${pathOf(boss.orgId)}/${byBoss.id}`;
    expectRefusal(await api.send('GET', path, { as: member }), { code: 'NOT_FOUND' });
    expectRefusal(await api.send('DELETE', path, { as: member }), { code: 'NOT_FOUND' });
    expect((await api.send('DELETE', `${pathOf(boss.orgId)}/${byMember.id}`, { as: admin })).status).toBe(
      204,
    );
    expect(await idsFor(member)).toEqual([]);
  });

  test('are paged, and a page token is good for its list alone', async () => {
    const { owner: boss, member } = await api.createOrganization();
    for (let count = 0; count < 5; count += 1) await create(boss);
    const first = await list(boss, '?page_size=2');
    const second = await list(boss, `?page_size=2&page_token=${first.next_page_token}`);
    const third = await list(boss, `?page_size=2&page_token=${second.next_page_token}`);
    const ids = [first, second, third].flatMap((page) => page.api_keys.map(({ id }) => id));
    expect(new Set(ids).size).toBe(5);
    expect(third).not.toHaveProperty('next_page_token');
    const path = `${pathOf(boss.orgId)}?page_token=${first.next_page_token}`;
    expectRefusal(await api.send('GET', path, { as: member }), {
      code: 'INVALID_INPUT',
      field: 'page_token',
    });
  });

  test('cannot pass their limit together, and a key that was revoked or has expired makes room', async () => {
    const limited = await api.startAnother({
      settings: { ...api.settings, limits: { ...api.settings.limits, api_keys: 3 } },
    });
    const { owner: boss } = await limited.createOrganization();
    const one = async (over: object = {}) =>
      await limited.send<Created>('POST', pathOf(boss.orgId), {
        as: boss,
        body: { ...apiKeyInput(), ...over },
      });
    const soon = new Date(api.clock.now().getTime() + 1000).toISOString();
    const expiring = bodyOf(await one({ expires_at: soon }), 201);
    const answers = await Promise.all(Array.from({ length: 12 }, async () => await one()));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer.status).toBe(403);
      expect(expectRefusal(answer, { code: 'LIMIT_EXCEEDED' }).message).toContain('api_keys');
    }
    api.clock.advance(2000);
    bodyOf(await one(), 201);
    expectRefusal(await one(), { code: 'LIMIT_EXCEEDED' });
    const [revoked] = (await list(boss)).api_keys.filter(({ id }) => id !== expiring.id);
    await limited.send('DELETE', `${pathOf(boss.orgId)}/${revoked?.id}`, { as: boss });
    bodyOf(await one(), 201);
    await limited.close();
  });
});

describe('a key that is revoked', () => {
  test('is gone from the list, can still be looked at for 30 days, and stays as it is when it is revoked again', async () => {
    const { id } = bodyOf(await create(owner), 201);
    const path = `${pathOf(owner.orgId)}/${id}`;
    expect((await api.send('DELETE', path, { as: owner })).status).toBe(204);
    expect((await list(owner, '?page_size=100')).api_keys.map((key) => key.id)).not.toContain(id);
    const read = await api.send<ApiKey>('GET', path, { as: owner });
    expect(bodyOf(read, 200).revoked_at).toBe(api.clock.now().toISOString());
    api.clock.advance(1000);
    expect((await api.send('DELETE', path, { as: owner })).status).toBe(204);
    expect((await api.send('GET', path, { as: owner })).body).toEqual(read.body);
    expect((await auditOf(api, id)).map(({ action }) => action)).toEqual(['apiKey.create', 'apiKey.revoke']);
  });

  test('takes along the keys that were made with it, and theirs, each with an entry, and no other', async () => {
    const people = await api.createOrganization();
    const scopes = ['keys:write', 'projects:read'];
    const root = bodyOf(await create(people.owner, { scopes }), 201);
    const unrelated = bodyOf(await create(people.owner, { scopes }), 201);
    const makeWith = async ({ api_key: token }: Created) =>
      bodyOf(
        await api.send<Created>('POST', pathOf(people.orgId), {
          token,
          body: apiKeyInput({ scopes } as object),
        }),
        201,
      );
    const child = await makeWith(root);
    const grandchild = await makeWith(child);
    expect([child.parent_key_id, grandchild.parent_key_id]).toEqual([root.id, child.id]);
    expect(root).not.toHaveProperty('parent_key_id');
    await api.send('DELETE', `${pathOf(people.orgId)}/${root.id}`, { as: people.owner });
    for (const { id, api_key: token } of [root, child, grandchild]) {
      expect((await api.send('GET', '/v1/organizations', { token })).status).toBe(401);
      expect((await auditOf(api, id)).map(({ action }) => action)).toEqual([
        'apiKey.create',
        'apiKey.revoke',
      ]);
    }
    expect((await api.send('GET', '/v1/organizations', { token: unrelated.api_key })).status).toBe(200);
  });

  test('leaves no key behind that was being made with it', async () => {
    const people = await api.createOrganization();
    const scopes = ['keys:write', 'projects:read'];
    const root = bodyOf(await create(people.owner, { scopes }), 201);
    const body = apiKeyInput({ scopes } as object);
    const making = Array.from(
      { length: 10 },
      async () => await api.send('POST', pathOf(people.orgId), { token: root.api_key, body }),
    );
    const revoking = api.send('DELETE', `${pathOf(people.orgId)}/${root.id}`, { as: people.owner });
    const answers = await Promise.all(making);
    expect((await revoking).status).toBe(204);
    for (const { status } of answers) expect([201, 401]).toContain(status);
    expect((await list(people.owner, '?page_size=100')).api_keys).toEqual([]);
  });

  test('is held against the version that the caller knows', async () => {
    const { id } = bodyOf(await create(owner), 201);
    const path = `${pathOf(owner.orgId)}/${id}`;
    const stale = await api.send('DELETE', path, { as: owner, headers: { 'If-Match': '"7"' } });
    expectRefusal(stale, { code: 'PRECONDITION_FAILED' });
    expect((await api.send('DELETE', path, { as: owner, headers: { 'If-Match': '"1"' } })).status).toBe(204);
  });
});

describe('scopes are never wider than what their giver has', () => {
  const ADMINS_ONLY: readonly Scope[] = ['secrets:read', 'audit:read'];

  test.each(SCOPES)('%s is given by those whose role permits something of it', async (scope) => {
    const { owner: boss, member, viewer } = organization;
    expect((await create(boss, { scopes: [scope] })).status).toBe(201);
    const answer = await create(member, {
      scopes: ['projects:read', scope].slice(scope === 'projects:read' ? 1 : 0),
    });
    if (ADMINS_ONLY.includes(scope)) {
      expect(expectRefusal(answer, { code: 'FORBIDDEN' }).message).toContain(scope);
    } else expect(answer.status).toBe(201);
    expectRefusal(await create(viewer, { scopes: [scope] }), { code: 'FORBIDDEN' });
  });

  test('a key gives no scope that it does not hold, and nothing that outlives it', async () => {
    const expires_at = new Date(api.clock.now().getTime() + 60_000).toISOString();
    const scopes = ['keys:write', 'projects:read'];
    const { api_key: token } = bodyOf(await create(owner, { scopes, expires_at }), 201);
    const make = async (body: object) =>
      await api.send<Created>('POST', pathOf(owner.orgId), { token, body: { ...apiKeyInput(), ...body } });
    for (const scope of SCOPES.filter((each) => !scopes.includes(each))) {
      const answer = await make({ scopes: [scope], expires_at });
      expect(expectRefusal(answer, { code: 'FORBIDDEN' }).message).toContain(scope);
    }
    expectRefusal(await make({ scopes: ['projects:read'] }), { code: 'FORBIDDEN' });
    const late = new Date(api.clock.now().getTime() + 61_000).toISOString();
    expectRefusal(await make({ scopes: ['projects:read'], expires_at: late }), { code: 'FORBIDDEN' });
    const child = bodyOf(await make({ scopes: ['projects:read'], expires_at }), 201);
    expect(child.owner_id).toBe(owner.userId);
  });

  test('a key without keys:write makes none', async () => {
    const { api_key: token } = bodyOf(await create(owner, { scopes: ['projects:write', 'keys:read'] }), 201);
    const answer = await api.send('POST', pathOf(owner.orgId), { token, body: apiKeyInput() });
    expect(expectRefusal(answer, { code: 'FORBIDDEN' }).message).toContain('keys:write');
  });

  test("a former member's keys, made before the role was taken, are seen and revoked by their owner", async () => {
    const { member } = organization;
    const { id } = bodyOf(await create(member), 201);
    const token = await tokenFor(api, member, { role: 'viewer' });
    expect((await api.send('DELETE', `${pathOf(member.orgId)}/${id}`, { token })).status).toBe(204);
  });
});
