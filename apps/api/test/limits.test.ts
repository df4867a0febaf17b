import type { Actor } from '@headgate/core';
import { DEFAULT_LIMITS, SCOPES, newId, type CreatedProject, type Database } from '@headgate/schema';
import { databaseInput, projectInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestAnswer } from './harness.ts';
import { limitsOf, setLimits } from './limits-support.ts';
import { auditOf, expectRefusal, rows, useApi } from './support.ts';

const AT_ONCE = 20;
const LIMIT = 3;

const { api: first } = await useApi();
const api = await first.startAnother({ settings: { ...first.settings, limits: DEFAULT_LIMITS } });
afterAll(async () => await api.close());

let owner: TestActor;
beforeEach(async () => {
  ({ owner } = await api.createOrganization());
});

const times = async <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  await Promise.all(Array.from({ length: count }, async (_, index) => await work(index)));
const post = async <B = unknown>(path: string, body?: unknown, headers?: Record<string, string>) =>
  await api.send<B>('POST', path, { as: owner, body, headers });
const createProject = async (headers?: Record<string, string>, over = {}) =>
  await post<CreatedProject>('/v1/projects', projectInput(owner.orgId, over), headers);
const createDatabase = async (projectId: string, headers?: Record<string, string>) =>
  await post<Database>(`/v1/projects/${projectId}/databases`, databaseInput(), headers);
const remove = async (path: string) =>
  expect((await api.send('DELETE', path, { as: owner })).status).toBe(204);
const living = async (table: 'projects' | 'databases') =>
  (await rows(api, `select id from ${table} where org_id = $1 and deleted_at is null`, [owner.orgId])).length;
const entries = async () =>
  (await rows(api, 'select id from audit_entries where org_id = $1', [owner.orgId])).length;

/** Holds so many to be done, and all others to be refused for this limit. */
function expectDone(answers: readonly TestAnswer[], count: number, status: number, limit: string): void {
  const refused = answers.filter((answer) => answer.status !== status);
  expect(answers.length - refused.length).toBe(count);
  for (const answer of refused) {
    expect(answer.status).toBe(403);
    expect(expectRefusal(answer, { code: 'LIMIT_EXCEEDED' }).message).toContain(`The limit ${limit} is`);
  }
}

describe('the limit of projects', () => {
  beforeEach(async () => await setLimits(api, owner.orgId, { projects: LIMIT }));

  test('is exact when twenty are created at once', async () => {
    expectDone(await times(AT_ONCE, async () => await createProject()), LIMIT, 201, 'projects');
    expect(await living('projects')).toBe(LIMIT);
    expect((await limitsOf(api, owner)).projects).toEqual({ used: LIMIT, allowed: LIMIT });
  });

  test('is exact on two instances together', async () => {
    const other = await first.startAnother();
    const answers = await times(
      AT_ONCE,
      async (index) =>
        await (index % 2 === 0 ? api : other).send('POST', '/v1/projects', {
          as: owner,
          body: projectInput(owner.orgId),
        }),
    );
    expectDone(answers, LIMIT, 201, 'projects');
    await other.close();
  });

  test('names the limit, what is allowed and what is used, and leaves nothing of what it refuses', async () => {
    await times(LIMIT, async () => await createProject());
    const before = await entries();
    const answer = await createProject({}, { database: databaseInput() });
    expect(answer.status).toBe(403);
    const { message, details } = expectRefusal(answer, { code: 'LIMIT_EXCEEDED' });
    expect(message).toBe(
      'The limit projects is 3, and there are 3 projects in this organization. Delete one, or ask the operator of this service for a higher limit.',
    );
    expect(details).toBeUndefined();
    expect([await living('projects'), await living('databases'), await entries()]).toEqual([
      LIMIT,
      0,
      before,
    ]);
  });

  test('is free again for each that is deleted', async () => {
    const [created] = await times(LIMIT, async () => await createProject());
    await remove(`/v1/projects/${created?.body.project.id}`);
    expectDone([await createProject(), await createProject()], 1, 201, 'projects');
  });

  test('holds for restoring too, also when many are restored and created at once', async () => {
    await setLimits(api, owner.orgId, { projects: null });
    const deleted = (await times(8, async () => await createProject())).map(({ body }) => body.project.id);
    for (const id of deleted) await remove(`/v1/projects/${id}`);
    await setLimits(api, owner.orgId, { projects: LIMIT });
    const answers = await times(AT_ONCE, async (index) => {
      const id = deleted[index];
      return id === undefined ? await createProject() : await post(`/v1/projects/${id}/restore`);
    });
    const done = answers.filter(({ status }) => status < 300);
    expect(done).toHaveLength(LIMIT);
    expectDone(
      answers.filter(({ status }) => status >= 300),
      0,
      201,
      'projects',
    );
    expect(await living('projects')).toBe(LIMIT);
  });

  test('is of one organization: another is not touched', async () => {
    await times(LIMIT, async () => await createProject());
    const { owner: other } = await api.createOrganization();
    expect(await limitsOf(api, other)).toMatchObject({ projects: { used: 0, allowed: 1000 } });
    const answer = await api.send('POST', '/v1/projects', { as: other, body: projectInput(other.orgId) });
    expect(answer.status).toBe(201);
  });

  test('of zero allows none', async () => {
    await setLimits(api, owner.orgId, { projects: 0 });
    expectDone([await createProject()], 0, 201, 'projects');
  });
});

describe('the limit of databases in a project', () => {
  let projectId: string;
  beforeEach(async () => {
    await setLimits(api, owner.orgId, { databases_per_project: LIMIT });
    ({ id: projectId } = await api.createProject(owner));
  });

  test('is exact when twenty are created at once', async () => {
    const answers = await times(AT_ONCE, async () => await createDatabase(projectId));
    expectDone(answers, LIMIT, 201, 'databases_per_project');
    expect(await living('databases')).toBe(LIMIT);
  });

  test('is exact while some are deleted and others created at once', async () => {
    await setLimits(api, owner.orgId, { databases_per_project: AT_ONCE });
    const there = await times(AT_ONCE, async () => await createDatabase(projectId));
    const answers = await times(AT_ONCE, async (index) => {
      const path = `/v1/projects/${projectId}/databases/${there[index]?.body.id}`;
      return index % 2 === 0
        ? await createDatabase(projectId)
        : await api.send('DELETE', path, { as: owner });
    });
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(AT_ONCE / 2);
    expect(statuses.every((status) => [201, 204, 403].includes(status))).toBe(true);
    const created = statuses.filter((status) => status === 201).length;
    expect(await living('databases')).toBe(AT_ONCE / 2 + created);
    expect((await limitsOf(api, owner)).databases_per_project).toEqual({
      used: AT_ONCE / 2 + created,
      allowed: AT_ONCE,
    });
  });

  test('is that of each project by itself', async () => {
    const { id: other } = await api.createProject(owner);
    const answers = await times(
      AT_ONCE,
      async (index) => await createDatabase(index % 2 === 0 ? projectId : other),
    );
    expectDone(answers, 2 * LIMIT, 201, 'databases_per_project');
  });

  test('holds for restoring too, also when many are restored and created at once', async () => {
    await setLimits(api, owner.orgId, { databases_per_project: null });
    const deleted = (await times(8, async () => await createDatabase(projectId))).map(({ body }) => body.id);
    for (const id of deleted) await remove(`/v1/projects/${projectId}/databases/${id}`);
    await setLimits(api, owner.orgId, { databases_per_project: LIMIT });
    const answers = await times(AT_ONCE, async (index) => {
      const id = deleted[index];
      return id === undefined
        ? await createDatabase(projectId)
        : await post(`/v1/projects/${projectId}/databases/${id}/restore`);
    });
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(LIMIT);
    expectDone(
      answers.filter(({ status }) => status >= 300),
      0,
      201,
      'databases_per_project',
    );
    expect(await living('databases')).toBe(LIMIT);
  });

  test('holds for the database that comes with a project: none of both is made', async () => {
    await setLimits(api, owner.orgId, { databases_per_project: 0 });
    const answer = await createProject({}, { database: databaseInput() });
    expectDone([answer], 0, 201, 'databases_per_project');
    expect([await living('projects'), await living('databases')]).toEqual([1, 0]);
    expect((await createProject()).status).toBe(201);
  });

  test('is learnt only by those who may create one', async () => {
    const { viewer } = await api.createOrganization();
    await setLimits(api, viewer.orgId, { projects: 0 });
    const answer = await api.send('POST', '/v1/projects', { as: viewer, body: projectInput(viewer.orgId) });
    expectRefusal(answer, { code: 'FORBIDDEN' });
  });
});

describe('an idempotency key at the limit', () => {
  const key = () => ({ 'Idempotency-Key': crypto.randomUUID() });

  test('gives its first answer again, also when there is no room for another', async () => {
    await setLimits(api, owner.orgId, { projects: 1, databases_per_project: 1 });
    const [ofProject, ofDatabase] = [key(), key()];
    const project = projectInput(owner.orgId);
    const made = await post<CreatedProject>('/v1/projects', project, ofProject);
    const path = `/v1/projects/${made.body.project.id}/databases`;
    const database = databaseInput();
    const put = await post(path, database, ofDatabase);
    expect([made.status, put.status]).toEqual([201, 201]);
    for (const [answer, again] of [
      [made, await post('/v1/projects', project, ofProject)],
      [put, await post(path, database, ofDatabase)],
    ] as const) {
      expect(again.status).toBe(201);
      expect(again.text).toBe(answer.text);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    }
    expectDone([await createProject(key())], 0, 201, 'projects');
    expect([await living('projects'), await living('databases')]).toEqual([1, 1]);
  });

  test('twenty times at once makes one, though the limit has room for more', async () => {
    await setLimits(api, owner.orgId, { projects: LIMIT });
    const [headers, body] = [key(), projectInput(owner.orgId)];
    const answers = await times(AT_ONCE, async () => await post('/v1/projects', body, headers));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await living('projects')).toBe(1);
  });

  test('that was refused is free: it works as soon as there is room', async () => {
    await setLimits(api, owner.orgId, { projects: 0 });
    const [headers, body] = [key(), projectInput(owner.orgId)];
    expectDone([await post('/v1/projects', body, headers)], 0, 201, 'projects');
    await setLimits(api, owner.orgId, { projects: 1 });
    const answer = await post('/v1/projects', body, headers);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('idempotency-replayed')).toBeNull();
  });
});

describe('a limit that is set below what there is', () => {
  test('deletes nothing, lets everything be read, changed and deleted, and refuses more', async () => {
    const [created] = await times(LIMIT, async () => await createProject());
    const path = `/v1/projects/${created?.body.project.id}`;
    await setLimits(api, owner.orgId, { projects: 1 });
    expect(await living('projects')).toBe(LIMIT);
    expect((await limitsOf(api, owner)).projects).toEqual({ used: LIMIT, allowed: 1 });
    expectDone([await createProject()], 0, 201, 'projects');
    const body = { description: 'changed' };
    expect((await api.send('PATCH', path, { as: owner, body })).status).toBe(200);
    await remove(path);
    expectDone([await createProject(), await post(`${path}/restore`)], 0, 201, 'projects');
  });
});

describe('the operator', () => {
  test('leaves an audit entry of what was set before and after, and none when nothing changes', async () => {
    await setLimits(api, owner.orgId, { projects: 5, api_keys: 7 });
    await setLimits(api, owner.orgId, { projects: 5 });
    await setLimits(api, owner.orgId, {});
    await setLimits(api, owner.orgId, { projects: null, requests_per_second: 9 });
    const audit = await auditOf(api, owner.orgId);
    expect(audit.map(({ action, actor_id: actor }) => [action, actor])).toEqual([
      ['organizationLimits.set', 'operator'],
      ['organizationLimits.set', 'operator'],
    ]);
    expect(audit.map(({ before, after }) => [before, after])).toEqual(
      expect.arrayContaining([
        [
          { projects: 'default', api_keys: 'default' },
          { projects: 5, api_keys: 7 },
        ],
        [
          { projects: 5, requests_per_second: 'default' },
          { projects: 'default', requests_per_second: 9 },
        ],
      ]),
    );
    const [row] = await rows(
      api,
      'select actor_kind, project_id, resource_kind, org_id, address from audit_entries where resource_id = $1',
      [owner.orgId],
    );
    expect(row).toEqual({
      ...{ actor_kind: 'operator', project_id: null, resource_kind: 'organization' },
      ...{ org_id: owner.orgId, address: null },
    });
  });

  test('is the only one who sets limits: neither an owner does, nor a key with every scope', async () => {
    const organizations = [{ id: owner.orgId, role: 'owner' }] as const;
    const toldAt = api.clock.now();
    const user: Actor = { kind: 'user', id: owner.userId, organizations, toldAt };
    const key: Actor = {
      ...{ kind: 'api_key', id: newId('key'), organizations, ownerId: owner.userId, toldAt },
      ...{ scopes: SCOPES, projectId: null, expiresAt: null },
    };
    for (const actor of [user, key]) {
      const attempt = setLimits(api, owner.orgId, { projects: 5 }, actor);
      await expect(attempt).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    expect((await limitsOf(api, owner)).projects.allowed).toBe(DEFAULT_LIMITS.projects);
    expect(await auditOf(api, owner.orgId)).toEqual([]);
  });

  test('setting two limits at once loses neither', async () => {
    await Promise.all([
      ...['projects', 'api_keys', 'custom_domains', 'databases_per_project'].map(
        async (name) => await setLimits(api, owner.orgId, { [name]: 11 }),
      ),
      createProject(),
    ]);
    expect(await limitsOf(api, owner)).toMatchObject({
      projects: { used: 1, allowed: 11 },
      ...{
        api_keys: { allowed: 11 },
        custom_domains: { allowed: 11 },
        databases_per_project: { allowed: 11 },
      },
    });
  });
});
