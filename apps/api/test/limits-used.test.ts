import { DEFAULT_LIMITS, SCOPES, type CustomDomain, type Replica } from '@headgate/schema';
import { apiKeyInput, customDomainInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { limitsOf, setLimits } from './limits-support.ts';
import { HOUR_MS, expectRefusal, tokenFor, useApi } from './support.ts';

const { api: first } = await useApi();
const api = await first.startAnother({ settings: { ...first.settings, limits: DEFAULT_LIMITS } });
afterAll(async () => await api.close());

let people: Awaited<ReturnType<typeof api.createOrganization>>;
let owner: TestActor;
beforeEach(async () => {
  people = await api.createOrganization();
  ({ owner } = people);
});

const send = async <B = unknown>(method: string, path: string, body?: unknown) => {
  const answer = await api.send<B>(method, path, { as: owner, body });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const keysPath = () => `/v1/organizations/${owner.orgId}/api-keys`;
const addKey = async (over = {}) =>
  await send<{ id: string; api_key: string }>('POST', keysPath(), { ...apiKeyInput(), ...over });
const addReplica = async (databaseId: string) =>
  await send<Replica>('POST', `/v1/databases/${databaseId}/replicas`, { host: 'r.example.com', port: 5432 });

describe('what an organization uses', () => {
  test('is nothing at first, of the limits that the operator offers everyone', async () => {
    expect(await limitsOf(api, owner)).toEqual({
      projects: { used: 0, allowed: 1000 },
      databases_per_project: { used: 0, allowed: 1000 },
      replicas_per_database: { used: 0, allowed: 10 },
      custom_domains: { used: 0, allowed: 100 },
      api_keys: { used: 0, allowed: 100 },
      requests_per_second: { allowed: 100 },
    });
  });

  test('is shown beside limits of its own, each by itself', async () => {
    const limits = {
      ...{ projects: 1, databases_per_project: 2, replicas_per_database: 3, custom_domains: 4, api_keys: 5 },
      requests_per_second: 6,
    };
    await setLimits(api, owner.orgId, limits);
    const shown = Object.entries(await limitsOf(api, owner)).map(([name, { allowed }]) => [name, allowed]);
    expect(Object.fromEntries(shown)).toEqual(limits);
  });

  test('of databases is what the fullest project has, deleted ones and those of a deleted project not', async () => {
    const used = async () => (await limitsOf(api, owner)).databases_per_project.used;
    const [one, two] = [await api.createProject(owner), await api.createProject(owner)];
    for (const project of [one, two, two, two]) await api.createDatabase(owner, project.id);
    expect(await used()).toBe(3);
    const { id } = await api.createDatabase(owner, one.id);
    await send('DELETE', `/v1/projects/${one.id}/databases/${id}`);
    expect(await used()).toBe(3);
    await send('DELETE', `/v1/projects/${two.id}`);
    expect(await used()).toBe(1);
    await send('POST', `/v1/projects/${two.id}/restore`);
    expect(await used()).toBe(3);
  });

  test('of replicas is what the database with the most has, those of a deleted database not', async () => {
    const used = async () => (await limitsOf(api, owner)).replicas_per_database.used;
    const project = await api.createProject(owner);
    const [one, two] = [
      await api.createDatabase(owner, project.id),
      await api.createDatabase(owner, project.id),
    ];
    for (const { id } of [one, two, two, two]) await addReplica(id);
    expect(await used()).toBe(3);
    const extra = await addReplica(two.id);
    await send('DELETE', `/v1/databases/${two.id}/replicas/${extra.id}`);
    expect(await used()).toBe(3);
    await send('DELETE', `/v1/projects/${project.id}/databases/${two.id}`);
    expect(await used()).toBe(1);
    await send('POST', `/v1/projects/${project.id}/databases/${two.id}/restore`);
    expect(await used()).toBe(3);
    await send('DELETE', `/v1/projects/${project.id}`);
    expect(await used()).toBe(0);
  });

  test('of custom domains is all of its projects, deleted ones not', async () => {
    const used = async () => (await limitsOf(api, owner)).custom_domains.used;
    const [one, two] = [await api.createProject(owner), await api.createProject(owner)];
    const add = async (project: { id: string }) =>
      await send<CustomDomain>('POST', `/v1/projects/${project.id}/domains`, customDomainInput());
    const domain = await add(one);
    await add(one);
    await add(two);
    expect(await used()).toBe(3);
    await send('DELETE', `/v1/projects/${one.id}/domains/${domain.id}`);
    expect(await used()).toBe(2);
    await send('DELETE', `/v1/projects/${two.id}`);
    expect(await used()).toBe(1);
  });

  test('of API keys is those that can be used: not revoked, and not expired by the very moment', async () => {
    const used = async () => (await limitsOf(api, owner)).api_keys.used;
    // A token made now has not expired an hour later, by the clock of the test.
    const expiresAt = new Date(api.clock.now().getTime() + HOUR_MS / 12);
    const revoked = await addKey();
    await addKey();
    await addKey({ expires_at: expiresAt.toISOString() });
    expect(await used()).toBe(3);
    await send('DELETE', `${keysPath()}/${revoked.id}`);
    expect(await used()).toBe(2);
    api.clock.advance(HOUR_MS / 12 - 1);
    expect(await used()).toBe(2);
    api.clock.advance(1);
    expect(await used()).toBe(1);
  });

  test("counts nothing of another organization's", async () => {
    const before = await limitsOf(api, owner);
    const { owner: other } = await api.createOrganization();
    const { id } = await api.createProject(other);
    await api.createDatabase(other, id);
    await api.send('POST', `/v1/organizations/${other.orgId}/api-keys`, { as: other, body: apiKeyInput() });
    await setLimits(api, other.orgId, { projects: 9 });
    expect(await limitsOf(api, owner)).toEqual(before);
  });
});

describe('who may see it', () => {
  const path = () => `/v1/organizations/${owner.orgId}/limits`;

  test('everyone of the organization, in each role', async () => {
    for (const role of ['owner', 'admin', 'member', 'viewer'] as const)
      expect(await limitsOf(api, people[role])).toMatchObject({ projects: { used: 0 } });
  });

  test('a key of the organization with projects:read, and no other key', async () => {
    const { id } = await api.createProject(owner);
    const good = await addKey({ scopes: ['projects:read'] });
    expect((await api.send('GET', path(), { token: good.api_key })).status).toBe(200);
    const narrow = await addKey({ scopes: SCOPES.filter((scope) => scope !== 'projects:read') });
    const ofProject = await addKey({ scopes: ['projects:read'], project_id: id });
    for (const { api_key: token } of [narrow, ofProject])
      expectRefusal(await api.send('GET', path(), { token }), { code: 'FORBIDDEN' });
  });

  test('nobody of another organization, whose own id is then told', async () => {
    const { owner: other } = await api.createOrganization();
    const error = expectRefusal(await api.send('GET', path(), { as: other }), { code: 'FORBIDDEN' });
    expect(error.message).toBe(`org_id is not one of your organizations. Yours: ${other.orgId}.`);
  });

  test.each([
    ['too long', 'o'.repeat(256)],
    ['with a control character', '%00'],
  ])('an id %s is no id', async (_what, id) => {
    const answer = await api.send('GET', `/v1/organizations/${id}/limits`, { as: owner });
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'org_id' });
  });

  test('an id of any letters that an issuer may use is one', async () => {
    const orgId = 'org with / and %, é';
    const token = await tokenFor(api, owner, { orgId });
    const answer = await api.send('GET', `/v1/organizations/${encodeURIComponent(orgId)}/limits`, { token });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ org_id: orgId });
  });

  test('the answer cannot be changed over the network', async () => {
    for (const method of ['PUT', 'PATCH', 'POST', 'DELETE']) {
      const answer = await api.send(method, path(), { as: owner, body: { projects: 5 } });
      expect(answer.status).toBe(404);
    }
  });
});
