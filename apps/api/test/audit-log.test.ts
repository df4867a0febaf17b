import type { AuditLog, AuditVerification, Database } from '@headgate/schema';
import { newId } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import postgres from 'postgres';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, expectRefusal, rows, tokenFor, useApi } from './support.ts';

const PASSWORD = 'pa$$word-that-nobody-reads';

const { api } = await useApi();
/** Whom no policy holds. */
const schemaOwner = postgres(api.databaseUrl, { max: 1, connection: { search_path: 'headgate' } });
afterAll(async () => await schemaOwner.end());
let owner: TestActor;
let projectId: string;
let database: Database;
beforeEach(async () => {
  api.clock.advance(1000);
  ({ owner } = await api.createOrganization());
  ({ id: projectId } = await api.createProject(owner));
  api.clock.advance(1000);
  database = await api.createDatabase(owner, projectId, { password: PASSWORD });
  api.clock.advance(1000);
});

const ofOrganization = () => `/v1/organizations/${owner.orgId}/audit-log`;
const ofProject = (id = projectId) => `/v1/projects/${id}/audit-log`;
const read = async (path: string, query = '') => {
  const answer = await api.send<AuditLog>('GET', `${path}?${query}`, { as: owner });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
const actions = async (path: string, query = '') =>
  (await read(path, query)).entries.map(({ action }) => action);
const time = (date: Date) => encodeURIComponent(date.toISOString());

describe('an entry', () => {
  test('says who did what to what, when, from where, and where it stands in the chain', async () => {
    const path = `/v1/projects/${projectId}/databases/${database.id}`;
    const changed = await api.send('PATCH', path, { as: owner, body: { port: 6543, password: 'another' } });
    const [entry] = (await read(ofOrganization())).entries;
    expect(entry).toEqual({
      id: expect.stringMatching(/^aud_/),
      ...{ org_id: owner.orgId, project_id: projectId, action: 'database.update' },
      actor: { kind: 'user', id: owner.userId },
      resource: { kind: 'database', id: database.id },
      ...{ before: { port: 5432 }, after: { port: 6543, password: '[redacted]' } },
      request_id: changed.headers.get('x-request-id'),
      address: '127.0.0.1',
      created_at: api.clock.now().toISOString(),
      position: 3,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      previous_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('of what belongs to no project names none, and is in the log of the organization alone', async () => {
    await api.send('GET', `${ofOrganization()}/export`, { as: owner });
    const [entry] = (await read(ofOrganization())).entries;
    expect(entry).toMatchObject({
      action: 'organizationAuditLog.export',
      resource: { kind: 'organization', id: owner.orgId },
      after: { format: 'ndjson' },
    });
    expect(entry).not.toHaveProperty('project_id');
    expect(await actions(ofProject())).toEqual(['database.create', 'project.create']);
  });

  test('holds no password in any form, nor does an export or a verification', async () => {
    const path = `/v1/projects/${projectId}/databases/${database.id}`;
    await api.send('PATCH', path, { as: owner, body: { password: `${PASSWORD}2` } });
    await api.send('DELETE', path, { as: owner });
    for (const [method, each] of [
      ['GET', ofOrganization()],
      ['GET', ofProject()],
      ['GET', `${ofOrganization()}/export`],
      ['GET', `${ofProject()}/export?format=csv`],
      ['POST', `${ofOrganization()}/verify`],
    ] as const) {
      const { status, text } = await api.send(method, each, { as: owner });
      expect(status).toBe(200);
      expect(text).not.toContain(PASSWORD);
      expect(text).not.toContain(JSON.stringify(PASSWORD).slice(1, -1));
    }
    const [{ count } = { count: 0 }] = await rows<{ count: number }>(
      api,
      'select count(*)::int from audit_entries e where e::text like $1',
      [`%${PASSWORD}%`],
    );
    expect(count).toBe(0);
  });
});

describe('a log', () => {
  test('is newest first, and paged without loss', async () => {
    const all = (await read(ofOrganization())).entries;
    expect(all.map(({ action }) => action)).toEqual(['database.create', 'project.create']);
    const first = await read(ofOrganization(), 'page_size=1');
    const second = await read(ofOrganization(), `page_size=1&page_token=${first.next_page_token}`);
    expect([...first.entries, ...second.entries]).toEqual(all);
    expect(second).not.toHaveProperty('next_page_token');
  });

  test.each([
    ['actor_id', () => owner.userId, 2],
    ['actor_id', () => 'user_nobody', 0],
    ['action', () => 'project.create', 1],
    ['action', () => 'apiKey.revoke', 0],
    ['resource_kind', () => 'database', 1],
    ['resource_kind', () => 'api_key', 0],
    ['resource_id', () => database.id, 1],
    ['resource_id', () => "' or true --", 0],
    ['created_after', () => api.clock.now().toISOString(), 0],
    ['created_before', () => api.clock.now().toISOString(), 2],
    ['created_after', () => database.created_at, 1],
    ['created_before', () => database.created_at, 1],
    ['created_after', () => database.created_at.replace('Z', '000001+00:00'), 0],
    ['created_before', () => database.created_at.replace('Z', '000001+00:00'), 2],
    ['created_after', () => '0001-01-01T00:00:00Z', 2],
    ['created_before', () => '9999-12-31T23:59:59.999z', 2],
  ])('is narrowed by %s', async (name, value, count) => {
    const query = `${name}=${encodeURIComponent(value())}`;
    expect(await actions(ofOrganization(), query)).toHaveLength(count);
    expect(await actions(ofProject(), query)).toHaveLength(count);
    const { text } = await api.send('GET', `${ofProject()}/export?${query}`, { as: owner });
    // The export's own entry among them, where the filters let it through.
    expect(text.split('\n').filter((line) => line !== '' && !line.includes('AuditLog.export'))).toHaveLength(
      count,
    );
  });

  test('of an organization is narrowed to a project, that of a project is not asked for another', async () => {
    const { id } = await api.createProject(owner);
    expect(await actions(ofOrganization(), `project_id=${id}`)).toEqual(['project.create']);
    expect(await actions(ofOrganization())).toHaveLength(3);
    const answer = await api.send('GET', `${ofProject()}?project_id=${id}`, { as: owner });
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'project_id' });
  });

  test('is narrowed by several filters at once', async () => {
    const query = `actor_id=${owner.userId}&resource_kind=project&created_before=${time(api.clock.now())}`;
    expect(await actions(ofOrganization(), query)).toEqual(['project.create']);
  });

  test.each([
    ['created_after=yesterday', 'created_after'],
    ['created_after=2026-01-01', 'created_after'],
    ['created_after=2026-01-01T00:00:00', 'created_after'],
    ['created_after=2026-01-01T00:00Z', 'created_after'],
    ['created_after=2026-02-30T00:00:00Z', 'created_after'],
    ['created_after=2026-01-01T24:00:00Z', 'created_after'],
    ['created_after=2026-01-01T00:00:00%2B25:00', 'created_after'],
    ['created_after=2026-01-01T00:00:00+02:00', 'created_after'],
    ['created_after=0000-01-01T00:00:00Z', 'created_after'],
    ['created_before=9999-12-31T23:59:59-01:00', 'created_before'],
    ['created_before=', 'created_before'],
    ['created_before=1760000000', 'created_before'],
    ['created_after=2026-01-02T00:00:00Z&created_before=2026-01-01T00:00:00Z', 'created_before'],
    ['created_after=2026-01-01T00:00:00Z&created_before=2026-01-01T00:00:00Z', 'created_before'],
    ['created_after=2026-01-01T00:00:00Z&created_after=2026-01-01T00:00:00Z', 'created_after'],
    ['actor_id=', 'actor_id'],
    [`actor_id=${'a'.repeat(256)}`, 'actor_id'],
    ['actor_id=a%00b', 'actor_id'],
    ['action=', 'action'],
    ['action=project.CREATE', 'action'],
    [`action=${'a'.repeat(65)}`, 'action'],
    ['resource_kind=Database', 'resource_kind'],
    ['resource_id=', 'resource_id'],
    [`resource_id=${'a'.repeat(256)}`, 'resource_id'],
    ['actor=user_1', 'actor'],
    ['limit=5', 'limit'],
  ])('is not asked for by %s', async (query, field) => {
    for (const path of [
      ofOrganization(),
      ofProject(),
      `${ofOrganization()}/export`,
      `${ofProject()}/export`,
    ]) {
      const answer = await api.send('GET', `${path}?${query}`, { as: owner });
      expectRefusal(answer, { code: 'INVALID_INPUT', field });
    }
  });

  test.each(['page_size=5', 'page_token=', 'format=xml', 'format='])(
    'is not exported by %s',
    async (query) => {
      const answer = await api.send('GET', `${ofOrganization()}/export?${query}`, { as: owner });
      expectRefusal(answer, { code: 'INVALID_INPUT', field: query.split('=')[0]! });
    },
  );

  test('takes a page_token of the same filters alone', async () => {
    const { next_page_token: token } = await read(ofOrganization(), `page_size=1&actor_id=${owner.userId}`);
    const { next_page_token: plain } = await read(ofOrganization(), 'page_size=1');
    for (const path of [
      `${ofOrganization()}?page_token=${token}`,
      `${ofOrganization()}?actor_id=another&page_token=${token}`,
      `${ofOrganization()}?actor_id=${owner.userId}&page_token=${plain}`,
      `${ofOrganization()}?actor_id=${owner.userId}&resource_kind=project&page_token=${token}`,
      `${ofOrganization()}?project_id=${projectId}&page_token=${plain}`,
      `${ofProject()}?page_token=${plain}`,
    ]) {
      expectRefusal(await api.send('GET', path, { as: owner }), {
        code: 'INVALID_INPUT',
        field: 'page_token',
      });
    }
    expect(
      (await read(ofOrganization(), `actor_id=${owner.userId}&page_token=${token}`)).entries,
    ).toHaveLength(1);
  });

  test('of a deleted project is read as long as it can be restored, and in its organization always', async () => {
    await api.send('DELETE', `/v1/projects/${projectId}`, { as: owner });
    expect(await actions(ofProject())).toContain('project.delete');
    api.clock.advance(31 * DAY_MS);
    const token = await tokenFor(api, owner);
    expectRefusal(await api.send('GET', ofProject(), { token }), { code: 'NOT_FOUND' });
    expectRefusal(await api.send('GET', `${ofProject()}/export`, { token }), { code: 'NOT_FOUND' });
    const log = await api.send<AuditLog>('GET', `${ofOrganization()}?project_id=${projectId}`, { token });
    expect(log.body.entries.map(({ action }) => action)).toContain('project.delete');
  });

  test('of a project that is not there is not found', async () => {
    for (const id of [newId('prj'), 'prj_x', owner.orgId]) {
      expectRefusal(await api.send('GET', ofProject(id), { as: owner }), { code: 'NOT_FOUND' });
    }
  });
});

describe('a verification', () => {
  const verify = async (query = '', headers: Record<string, string> = {}) =>
    await api.send<AuditVerification>('POST', `${ofOrganization()}/verify${query}`, { as: owner, headers });

  test('of an untouched chain says so, with an Idempotency-Key or without, and leaves no entry', async () => {
    const { body } = await verify();
    expect(body).toEqual({
      ...{ verified: true, entries_checked: 2, entries_before_chain: 0, findings: [] },
      head: { position: 2, hash: (await read(ofOrganization())).entries[0]?.hash },
    });
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    expect((await verify('', key)).body).toEqual(body);
    await api.createProject(owner);
    expect((await verify('', key)).body).toMatchObject({ entries_checked: 3 });
  });

  test('names an entry that was altered by SQL', async () => {
    const [entry] = (await read(ofOrganization())).entries;
    await expect(
      rows(api, `update audit_entries set actor_id = 'x' where id = $1`, [entry!.id]),
    ).rejects.toThrow(/permission denied/);
    await schemaOwner`update audit_entries set actor_id = 'x' where id = ${entry!.id}`;
    expect((await verify()).body).toMatchObject({
      verified: false,
      findings: [{ kind: 'altered', position: 2, entry_id: entry!.id }],
    });
  });

  test.each(['page_token=abc', 'page=2', 'page_size=5'])('is not asked for by %s', async (query) => {
    expectRefusal(await verify(`?${query}`), { code: 'INVALID_INPUT', field: query.split('=')[0]! });
  });
});
