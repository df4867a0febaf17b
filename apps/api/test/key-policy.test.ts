import { permits, scopeOf, type Action } from '@headgate/core/policy';
import { SCOPES, type Scope } from '@headgate/schema';
import { apiKeyInput, type TestActor } from '@headgate/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { ACTIONS, requestFor, resourcesFor } from './actions.ts';
import type { SampleIds } from './requests.ts';
import { expectRefusal, tokenFor, useApi } from './support.ts';

const { api, owner } = await useApi();

interface KeyOptions {
  readonly scopes: readonly Scope[];
  readonly projectId?: string;
  readonly as?: TestActor;
}

async function keyWith({ scopes, projectId, as = owner }: KeyOptions): Promise<string> {
  const body = { ...apiKeyInput(), scopes, ...(projectId !== undefined && { project_id: projectId }) };
  const path = `/v1/organizations/${as.orgId}/api-keys`;
  const answer = await api.send<{ api_key: string }>('POST', path, { as, body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.api_key;
}

async function act(action: Action, ids: SampleIds, token: string) {
  const { method, path, body } = requestFor(action, ids);
  return await api.send(method, path, { token, body });
}

describe.each(ACTIONS)('%s', (action) => {
  const scope = scopeOf(action);

  test('is done by a key that holds its scope and no other', async () => {
    const ids = await resourcesFor(api, action, owner);
    // A key can give only what it holds.
    const given = action === 'apiKey.create' ? apiKeyInput().scopes : [];
    const token = await keyWith({ scopes: [...(scope === undefined ? [] : [scope]), ...given] });
    const answer = await act(action, ids, token);
    expect(answer.status, answer.text).toBeLessThan(300);
  });

  test('is refused to a key that holds every other scope', async () => {
    const ids = await resourcesFor(api, action, owner);
    const scopes = SCOPES.filter((each) => each !== scope);
    const answer = await act(action, ids, await keyWith({ scopes }));
    expect(expectRefusal(answer, { code: 'FORBIDDEN' }).message).toContain(String(scope));
  });

  test('is refused, with all scopes, to the key of someone whose role no longer permits it', async () => {
    const people = await api.createOrganization();
    const ids = await resourcesFor(api, action, people.owner);
    const token = await keyWith({ scopes: SCOPES, as: people.owner });
    await api.send('GET', '/v1/regions', { token: await tokenFor(api, people.owner, { role: 'viewer' }) });
    const answer = await act(action, ids, token);
    if (permits('viewer', action)) expect(answer.status, answer.text).toBeLessThan(300);
    else expect(expectRefusal(answer, { code: 'FORBIDDEN' }).message).toContain('(viewer)');
  });
});

describe('a key of one project', () => {
  /** What a key of one project may do in the organization: see the one project in its list. */
  const IN_ORGANIZATION = new Set(['project.list']);
  const scopes = SCOPES.filter((scope) => !scope.startsWith('keys:'));
  let mine: SampleIds;
  let other: SampleIds;
  let token: string;
  beforeAll(async () => {
    mine = await resourcesFor(api, 'database.get', owner);
    other = await resourcesFor(api, 'database.get', owner);
    token = await keyWith({ scopes, projectId: mine.projectId });
  });

  test.each(ACTIONS)(
    '%s: what lies in another project of the organization does not exist for it',
    async (action) => {
      const answer = await act(action, other, token);
      if (IN_ORGANIZATION.has(action)) expect(answer.status).toBe(200);
      else {
        const isInOrganization =
          requestFor(action, other).path.includes(owner.orgId) || action === 'project.create';
        expectRefusal(answer, { code: isInOrganization ? 'FORBIDDEN' : 'NOT_FOUND' });
      }
    },
  );

  test.each(ACTIONS)('%s: what lies in its own project is there', async (action) => {
    const isRestored = action === 'project.restore';
    const ids = await resourcesFor(api, isRestored ? 'project.get' : action, owner);
    const key = await keyWith({ scopes, projectId: ids.projectId });
    if (isRestored) await api.send('DELETE', `/v1/projects/${ids.projectId}`, { as: owner });
    const answer = await act(action, ids, key);
    const isInOrganization = requestFor(action, ids).path.includes('/v1/organizations/');
    if (isInOrganization || action === 'project.create') expectRefusal(answer, { code: 'FORBIDDEN' });
    else expect(answer.status, answer.text).toBeLessThan(300);
  });

  test('sees its project, and no more, in the list of projects', async () => {
    for (const sort of ['created_at', 'name']) {
      const path = `/v1/projects?org_id=${owner.orgId}&sort_by=${sort}&page_size=1`;
      const { body } = await api.send<{ projects: { id: string }[]; total: number }>('GET', path, { token });
      expect(body).toMatchObject({ projects: [{ id: mine.projectId }], total: 1 });
      expect(body).not.toHaveProperty('next_page_token');
    }
  });

  test('sees nothing once its project is deleted', async () => {
    const ids = await resourcesFor(api, 'database.get', owner);
    const key = await keyWith({ scopes, projectId: ids.projectId });
    await api.send('DELETE', `/v1/projects/${ids.projectId}`, { as: owner });
    expectRefusal(await act('project.get', ids, key), { code: 'NOT_FOUND' });
    expectRefusal(await act('database.get', ids, key), { code: 'NOT_FOUND' });
  });
});
