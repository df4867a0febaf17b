import { permits, type Action } from '@headgate/core/policy';
import { ROLES, type Role } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACTIONS, operationOf, requestFor, resourcesFor } from './actions.ts';
import { OPERATIONS } from './contract.ts';
import { startTestApi, type TestApi } from './harness.ts';
import { createKey, sampleRequest, type SampleIds } from './requests.ts';
import { auditOf, expectRefusal, tokenFor } from './support.ts';

/** Operations that no role has or lacks, each with the reason. */
const UNGOVERNED: Readonly<Record<string, string>> = {
  getHealth: 'tells of the service, to anyone',
  getLiveness: 'tells of the service, to anyone',
  getReadiness: 'tells of the service, to anyone',
  listRegions: 'the same for everyone who is known',
  listOrganizations: 'tells everyone what the own token says',
};

const pairs = ACTIONS.flatMap((action) => ROLES.map((role): [Role, Action] => [role, action]));

let api: TestApi;
let people: Record<Role, TestActor>;
beforeAll(async () => {
  api = await startTestApi();
  people = await api.createOrganization();
});
afterAll(async () => await api.close());

/** Resources of their own, in the state in which the action can be done. */
async function resources(action: Action, role: Role = 'owner'): Promise<SampleIds> {
  const ids = await resourcesFor(api, action, people.owner);
  if (!action.startsWith('apiKey.')) return ids;
  // Everyone may do something with keys of their own; one who is a viewer now made it in better days.
  const token = await tokenFor(api, people[role], role === 'viewer' ? { role: 'member' } : {});
  return { ...ids, keyId: await createKey(api, { ...people[role], token }) };
}

/** All that the audit log tells of these resources. */
async function trace(ids: SampleIds) {
  return (await Promise.all(Object.values(ids).map(async (id: string) => await auditOf(api, id)))).flat();
}

test.each(pairs)('%s, %s: as the policy says', async (role, action) => {
  const ids = await resources(action, role);
  const before = await trace(ids);
  const { method, path, body } = requestFor(action, ids);
  const answer = await api.send(method, path, { as: people[role], body });
  if (permits(role, action)) {
    expect(answer.status, answer.text).toBeLessThan(300);
    return;
  }
  expect(answer.status).toBe(403);
  const error = expectRefusal(answer, { code: 'FORBIDDEN' });
  expect(error.message).toContain(`(${role})`);
  expect(error.message).toContain(action);
  expect(await trace(ids)).toEqual(before);
});

test('every action of the policy has an operation, and every tenant operation an action', () => {
  const governed = ACTIONS.map(operationOf);
  const others = OPERATIONS.map(({ operationId }) => operationId).filter((id) => !governed.includes(id));
  expect(governed).not.toContain(undefined);
  expect(others.toSorted()).toEqual(Object.keys(UNGOVERNED).toSorted());
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
