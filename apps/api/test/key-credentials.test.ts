import { createKeyUse, identifyBearer, type Store } from '@headgate/core';
import type { ApiKey } from '@headgate/schema';
import { apiKeyInput, createTestActor, type TestActor } from '@headgate/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { expectRefusal, rows, tokenFor, useApi } from './support.ts';

const { api, owner } = await useApi();
const other = await api.startAnother();
afterAll(async () => await other.close());

type Created = ApiKey & { readonly api_key: string };

async function createKey(as: TestActor = owner, over: object = {}): Promise<Created> {
  const path = `/v1/organizations/${as.orgId}/api-keys`;
  const answer = await api.send<Created>('POST', path, { as, body: { ...apiKeyInput(), ...over } });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}

const projects = (orgId = owner.orgId) => `/v1/projects?org_id=${orgId}`;

/** The reason for which a credential is refused. */
async function refusal(token: string, through = api): Promise<string> {
  return expectRefusal(await through.send('GET', projects(), { token }), { code: 'UNAUTHORIZED' }).message;
}

describe('a key is let in', () => {
  test('from either header, on every instance', async () => {
    const { api_key: key } = await createKey();
    for (const instance of [api, other]) {
      expect((await instance.send('GET', projects(), { token: key })).status).toBe(200);
      const headers = { 'X-API-Key': key };
      expect((await instance.send('GET', projects(), { headers })).status).toBe(200);
    }
  });

  test('and its entries in the audit log and its lines in the log name it as what it is', async () => {
    const { api_key: key, id } = await createKey(owner, { scopes: ['projects:write'] });
    const body = { name: 'by a key', org_id: owner.orgId };
    const answer = await api.send<{ project: { id: string } }>('POST', '/v1/projects', { token: key, body });
    const sql = 'select actor_kind, actor_id from audit_entries where resource_id = $1';
    expect(await rows(api, sql, [answer.body.project.id])).toEqual([{ actor_kind: 'api_key', actor_id: id }]);
    expect(api.logs()).toContain(`"actor_kind":"api_key","actor_id":"${id}"`);
  });

  test('with a space of idempotency keys of its own: that of a user of the same name is another', async () => {
    const { api_key: key, id } = await createKey(owner, { scopes: ['projects:write'] });
    const namesake = await api.issuer.token({
      subject: id,
      organizations: [{ id: owner.orgId, role: 'owner' }],
    });
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const made = [];
    for (const token of [key, namesake]) {
      const body = { name: 'same', org_id: owner.orgId };
      const answer = await api.send<{ project: { id: string } }>('POST', '/v1/projects', {
        token,
        body,
        headers,
      });
      expect(answer.status).toBe(201);
      expect(answer.headers.get('idempotency-replayed')).toBeNull();
      made.push(answer.body.project.id);
    }
    expect(new Set(made).size).toBe(2);
  });
});

describe('a key is refused', () => {
  const NO_STORE = new Proxy({} as Store, {
    get: () => {
      throw new Error('the database was asked');
    },
  });

  test('without a look into the database when one character of it is wrong, missing or too many', async () => {
    const { api_key: key } = await createKey();
    const hex = Array.from('0123456789abcdef');
    const broken = fc.oneof(
      fc.nat(key.length - 1).map((at) => key.slice(0, at) + key.slice(at + 1)),
      fc
        .tuple(fc.nat(key.length), fc.constantFrom(...hex))
        .map(([at, more]) => key.slice(0, at) + more + key.slice(at)),
      fc
        .tuple(fc.integer({ min: 4, max: key.length - 1 }), fc.constantFrom(...hex))
        .filter(([at, other]) => key[at] !== other)
        .map(([at, other]) => key.slice(0, at) + other + key.slice(at + 1)),
      fc.constantFrom(
        key.replace('hgo_', 'hgp_'),
        key.toUpperCase().replace('HGO_', 'hgo_'),
        'hgo_',
        'hgp_x',
        `${key} `,
      ),
    );
    await fc.assert(
      fc.asyncProperty(broken, async (text) => {
        const work = identifyBearer({ store: NO_STORE, clock: api.clock }, text);
        await expect(work).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
        await expect(work).rejects.toThrow('checksum');
      }),
    );
  });

  test('with the same checksum but of no one', async () => {
    const foreign = await api.startAnother();
    const { api_key: key, id } = await createKey();
    await api.send('DELETE', `/v1/organizations/${owner.orgId}/api-keys/${id}`, { as: owner });
    await api.store.maintain({
      compile: () => ({ sql: 'delete from api_keys where id = $1', parameters: [id] }),
    } as never);
    expect(await refusal(key, foreign)).toContain('no such API key');
    await foreign.close();
  });

  test('by every instance at once when one has revoked it', async () => {
    const { api_key: key, id } = await createKey();
    for (const instance of [api, other])
      expect((await instance.send('GET', projects(), { token: key })).status).toBe(200);
    await api.send('DELETE', `/v1/organizations/${owner.orgId}/api-keys/${id}`, { as: owner });
    for (const instance of [other, api]) expect(await refusal(key, instance)).toContain('revoked');
  });

  test('from the moment of its expiry', async () => {
    const expires_at = new Date(api.clock.now().getTime() + 1000).toISOString();
    const { api_key: key } = await createKey(owner, { expires_at });
    api.clock.advance(999);
    expect((await other.send('GET', projects(), { token: key })).status).toBe(200);
    api.clock.advance(1);
    expect(await refusal(key, other)).toContain('expired');
  });

  test('in another organization as one that is not its own', async () => {
    const foreign = await api.createOrganization();
    const { api_key: key } = await createKey();
    expectRefusal(await api.send('GET', projects(foreign.orgId), { token: key }), { code: 'FORBIDDEN' });
    const project = await api.createProject(foreign.owner);
    expectRefusal(await api.send('GET', `/v1/projects/${project.id}`, { token: key }), { code: 'NOT_FOUND' });
  });
});

describe("a key acts with its owner's present role", () => {
  test('as the newest token tells it, on whatever instance that was seen', async () => {
    const { orgId } = await api.createOrganization();
    const person = await createTestActor(api.issuer, orgId, 'owner');
    const { api_key: key } = await createKey(person, { scopes: ['projects:write'] });
    const create = async () =>
      await api.send('POST', '/v1/projects', { token: key, body: { name: 'p', org_id: orgId } });
    expect((await create()).status).toBe(201);
    api.clock.advance(1000);
    await other.send('GET', '/v1/regions', { token: await tokenFor(api, person, { role: 'viewer' }) });
    expect(expectRefusal(await create(), { code: 'FORBIDDEN' }).message).toContain('(viewer)');

    // A token from before the demotion tells nothing new.
    await api.send('GET', '/v1/regions', { token: person.token });
    await other.send('GET', '/v1/regions', { token: person.token });
    expectRefusal(await create(), { code: 'FORBIDDEN' });

    api.clock.advance(1000);
    await api.send('GET', '/v1/regions', { token: await tokenFor(api, person, { role: 'member' }) });
    expect((await create()).status).toBe(201);
  });

  test('and with none once the owner has left: it is refused, and works again when the owner is back', async () => {
    const people = await api.createOrganization();
    const { api_key: key } = await createKey(people.member, { scopes: ['projects:read'] });
    api.clock.advance(1000);
    const left = await api.issuer.token({ subject: people.member.userId, organizations: [] });
    await api.send('GET', '/v1/regions', { token: left });
    const answer = await other.send('GET', projects(people.orgId), { token: key });
    expect(expectRefusal(answer, { code: 'UNAUTHORIZED' }).message).toContain('left');
    api.clock.advance(1000);
    await api.send('GET', '/v1/regions', { token: await tokenFor(api, people.member) });
    expect((await other.send('GET', projects(people.orgId), { token: key })).status).toBe(200);
  });

  test('also when the key was made with a token from before: what was told since counts', async () => {
    const people = await api.createOrganization();
    api.clock.advance(1000);
    const newer = await tokenFor(api, people.admin, { role: 'viewer' });
    await other.send('GET', '/v1/regions', { token: newer });
    const { api_key: key } = await createKey(people.admin, { scopes: ['audit:read'] });
    const path = `/v1/organizations/${people.orgId}/audit-log`;
    expectRefusal(await api.send('GET', path, { token: key }), { code: 'FORBIDDEN' });
    await api.send('GET', '/v1/regions', { token: newer });
    expectRefusal(await other.send('GET', path, { token: key }), { code: 'FORBIDDEN' });
  });

  test('of which a token without the organizations claim tells nothing', async () => {
    const people = await api.createOrganization();
    const { api_key: key } = await createKey(people.member, { scopes: ['projects:read'] });
    api.clock.advance(1000);
    const silent = await api.issuer.token({ subject: people.member.userId, organizations: null });
    expect((await api.send('GET', '/v1/regions', { token: silent })).status).toBe(200);
    expect((await api.send('GET', projects(people.orgId), { token: key })).status).toBe(200);
  });

  test("while another person's tokens change nothing of it", async () => {
    const people = await api.createOrganization();
    const { api_key: key } = await createKey(people.member, { scopes: ['projects:write'] });
    api.clock.advance(1000);
    await api.send('GET', '/v1/regions', { token: await tokenFor(api, people.admin, { role: 'viewer' }) });
    const body = { name: 'p', org_id: people.orgId };
    expect((await api.send('POST', '/v1/projects', { token: key, body })).status).toBe(201);
  });
});

describe('the last use of a key', () => {
  const lastUse = async ({ id }: ApiKey) =>
    (
      await api.send<ApiKey>('GET', `/v1/organizations/${owner.orgId}/api-keys/${id}`, {
        token: await tokenFor(api, owner),
      })
    ).body.last_used_at;

  test('is written down now and then, not once a request, and never runs backwards', async () => {
    const key = await createKey({ ...owner, token: await tokenFor(api, owner) });
    expect(await lastUse(key)).toBeUndefined();
    await api.send('GET', projects(), { token: key.api_key });
    api.clock.advance(5000);
    await other.send('GET', projects(), { token: key.api_key });
    const newest = api.clock.now().toISOString();
    expect(await lastUse(key)).toBeUndefined();
    await other.keyUse.flush();
    expect(await lastUse(key)).toBe(newest);
    await api.keyUse.flush();
    expect(await lastUse(key)).toBe(newest);
  });

  test('is not lost when it cannot be written at once', async () => {
    const key = await createKey({ ...owner, token: await tokenFor(api, owner) });
    let isDown = true;
    const store: Store = {
      ...api.store,
      maintain: async (query) => {
        if (isDown) throw new Error('down');
        return await api.store.maintain(query);
      },
    };
    const use = createKeyUse({ store, clock: api.clock });
    use.touch(key.id);
    await expect(use.flush()).rejects.toThrow('down');
    isDown = false;
    await use.flush();
    expect(await lastUse(key)).toBe(api.clock.now().toISOString());
  });

  test('is no change of the key: its version stays', async () => {
    const key = await createKey({ ...owner, token: await tokenFor(api, owner) });
    await api.send('GET', projects(), { token: key.api_key });
    await api.keyUse.flush();
    expect(await rows(api, 'select version, updated_at from api_keys where id = $1', [key.id])).toEqual([
      { version: 1, updated_at: new Date(key.created_at) },
    ]);
  });
});
