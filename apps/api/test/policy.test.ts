import { POLICY, ROLES, permits, type Action, type Role } from '@headgate/core/policy';
import type { TestActor } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from './contract.ts';
import { startTestApi, type TestApi } from './harness.ts';
import { sampleRequest } from './requests.ts';
import { auditOf, expectRefusal } from './support.ts';

/** The operation of each action. One name per operation, so that a new action has no choice. */
const operationOf = (action: Action) =>
  OPERATIONS.find(({ operationId }) => {
    const [resource = '', verb = ''] = action.split('.');
    const noun = resource.charAt(0).toUpperCase() + resource.slice(1);
    return operationId === `${verb}${noun}${verb === 'list' ? 's' : ''}`;
  })?.operationId;

const actions = Object.keys(POLICY) as Action[];
const pairs = actions.flatMap((action) => ROLES.map((role): [Role, Action] => [role, action]));

let api: TestApi;
let people: Record<Role, TestActor>;
beforeAll(async () => {
  api = await startTestApi();
  people = await api.createOrganization();
});
afterAll(async () => await api.close());

/** A project and a database of their own, in the state in which the action can be done. */
async function resources(action: Action) {
  const { id: projectId } = await api.createProject(people.owner);
  const { id: databaseId } = await api.createDatabase(people.owner, projectId);
  const path = `/v1/projects/${projectId}`;
  if (action === 'project.restore') await api.send('DELETE', path, { as: people.owner });
  if (action === 'database.restore')
    await api.send('DELETE', `${path}/databases/${databaseId}`, { as: people.owner });
  return { orgId: people.owner.orgId, projectId, databaseId };
}

test.each(pairs)('%s, %s: as the policy says', async (role, action) => {
  const ids = await resources(action);
  const before = [...(await auditOf(api, ids.projectId)), ...(await auditOf(api, ids.databaseId))];
  const { method, path, body } = sampleRequest(operationOf(action) ?? '', ids);
  const answer = await api.send(method, path, { as: people[role], body });
  if (permits(role, action)) {
    expect(answer.status, answer.text).toBeLessThan(300);
    return;
  }
  expect(answer.status).toBe(403);
  const error = expectRefusal(answer, { code: 'FORBIDDEN' });
  expect(error.message).toContain(`(${role})`);
  expect(error.message).toContain(action);
  expect([...(await auditOf(api, ids.projectId)), ...(await auditOf(api, ids.databaseId))]).toEqual(before);
});

test('every action of the policy has an operation, and every tenant operation an action', () => {
  const governed = actions.map(operationOf);
  const others = OPERATIONS.map(({ operationId }) => operationId).filter((id) => !governed.includes(id));
  expect(governed).not.toContain(undefined);
  expect(others.toSorted()).toEqual(['getHealth', 'getLiveness', 'getReadiness', 'listRegions']);
});

describe('a role is that of the organization that owns the resource', () => {
  test('a person who is owner elsewhere is a viewer here', async () => {
    const ids = await resources('database.get');
    const organizations = [
      { id: 'org_elsewhere', role: 'owner' },
      { id: ids.orgId, role: 'viewer' },
    ];
    const token = await api.issuer.token({ subject: 'user_two_hats', organizations });
    const { method, path } = sampleRequest('deleteDatabase', ids);
    expect((await api.send('GET', path, { token })).status).toBe(200);
    expectRefusal(await api.send(method, path, { token }), { code: 'FORBIDDEN' });
  });

  test('a role that is not ours grants nothing: the organization is as if it were not in the token', async () => {
    const ids = await resources('database.get');
    const organizations = [{ id: ids.orgId, role: 'superuser' }];
    const token = await api.issuer.token({ subject: 'user_odd', organizations });
    const { path } = sampleRequest('getDatabase', ids);
    expectRefusal(await api.send('GET', path, { token }), { code: 'NOT_FOUND' });
    expectRefusal(await api.send('GET', `/v1/projects?org_id=${ids.orgId}`, { token }), {
      code: 'FORBIDDEN',
    });
  });
});

test('a weak role learns of a precondition, an idempotency key or a state no more than that it may not', async () => {
  const ids = await resources('project.delete');
  const headers = { 'If-Match': '"stale"', 'Idempotency-Key': crypto.randomUUID() };
  for (const operation of [
    'deleteProject',
    'updateProject',
    'restoreProject',
    'updateDatabase',
    'restoreDatabase',
  ]) {
    const { method, path, body } = sampleRequest(operation, ids);
    expectRefusal(await api.send(method, path, { as: people.viewer, body, headers }), { code: 'FORBIDDEN' });
  }
});
