import type { OrganizationList } from '@headgate/schema';
import { apiKeyInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { tokenFor, useApi } from './support.ts';

const { api } = await useApi();

async function list(token: string): Promise<OrganizationList['organizations']> {
  const answer = await api.send<OrganizationList>('GET', '/v1/organizations', { token });
  expect(answer.status, answer.text).toBe(200);
  return answer.body.organizations;
}

const listOf = async (organizations: readonly object[]) =>
  await list(await api.issuer.token({ organizations }));

describe('the list of organizations', () => {
  test('is what the token says, in its order, with the role in each', async () => {
    const organizations = [
      { id: 'org_b', name: 'Bee', slug: 'bee', role: 'viewer' },
      { id: 'org_a', name: 'Ay', slug: 'ay', role: 'owner' },
      { id: 'org_c', name: 'Sea', slug: 'sea', role: 'admin' },
      { id: 'org_d', name: 'Dee', slug: 'dee', role: 'member' },
    ];
    expect(await listOf(organizations)).toEqual(organizations);
  });

  test.each([
    ['are absent', {}],
    ['are null', { name: null, slug: null }],
    ['are empty', { name: '', slug: '' }],
  ])('gives the id where name and slug %s: clients ask for both', async (_what, over) => {
    const [organization] = await listOf([{ id: 'org_plain', role: 'owner', ...over }]);
    expect(organization).toEqual({ id: 'org_plain', name: 'org_plain', slug: 'org_plain', role: 'owner' });
  });

  test('is empty for a token that names none, and leaves out those in which nothing is granted', async () => {
    expect(await listOf([])).toEqual([]);
    expect(await listOf([{ id: 'org_x', role: 'superuser' }])).toEqual([]);
  });

  test('shows nothing of the token but what the contract names', async () => {
    const [organization] = await listOf([
      { id: 'org_a', name: 'n', slug: 's', role: 'owner', secret: 'hidden' },
    ]);
    expect(Object.keys(organization ?? {}).toSorted()).toEqual(['id', 'name', 'role', 'slug']);
  });

  test('names one that the token repeats once, with the role that holds', async () => {
    const twice = ['viewer', 'owner'].map((role) => ({ id: 'org_twice', role }));
    const token = await api.issuer.token({ organizations: twice });
    expect(await list(token)).toMatchObject([{ id: 'org_twice', role: 'viewer' }]);
    const body = { name: 'p', org_id: 'org_twice' };
    expect((await api.send('POST', '/v1/projects', { token, body })).status).toBe(403);
  });
});

describe('for an API key', () => {
  test('it is the one organization of the key, with the present role of its owner', async () => {
    const { owner } = await api.createOrganization();
    const path = `/v1/organizations/${owner.orgId}/api-keys`;
    const { body } = await api.send<{ api_key: string }>('POST', path, { as: owner, body: apiKeyInput() });
    expect(await list(body.api_key)).toMatchObject([{ id: owner.orgId, role: 'owner' }]);
    await api.send('GET', '/v1/regions', { token: await tokenFor(api, owner, { role: 'member' }) });
    expect(await list(body.api_key)).toMatchObject([{ id: owner.orgId, role: 'member' }]);
  });

  test('it is the same for a key of one project', async () => {
    const { owner } = await api.createOrganization();
    const { id } = await api.createProject(owner);
    const path = `/v1/organizations/${owner.orgId}/api-keys`;
    const input = { ...apiKeyInput(), project_id: id };
    const { body } = await api.send<{ api_key: string }>('POST', path, { as: owner, body: input });
    expect(await list(body.api_key)).toMatchObject([{ id: owner.orgId }]);
  });
});
