import type { CreatedProject, Database, DatabaseList, ErrorEnvelope } from '@headgate/schema';
import { databaseInput, projectInput, uniqueName } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { found } from '@headgate/testing/secret-forms';
import { auditOf, expectRefusal, rows, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const PATH = `/v1/projects/${projectId}/databases`;
const HOST = 'db.example.com';

const create = async (body: object, headers = {}) =>
  await api.send<Database>('POST', PATH, { as: owner, body, headers });
const read = async (id: string) => (await api.send<Database>('GET', `${PATH}/${id}`, { as: owner })).body;
const patch = async (id: string, body: object) =>
  await api.send<Database>('PATCH', `${PATH}/${id}`, { as: owner, body });
const storedPassword = async (id: string) => {
  const [row] = await rows<{ sealed: string }>(
    api,
    'select sealed_password as sealed from databases where id = $1',
    [id],
  );
  return await api.vault.open(row?.sealed ?? '', `databases/${id}/password`);
};
const detailsOf = (answer: { body: unknown }) => (answer.body as ErrorEnvelope).error.details ?? [];

describe('a URI in place of the fields', () => {
  test('registers what it says, each part decoded, and nothing else', async () => {
    const password = 'p@ss:w/o?r#d%';
    const url = `postgresql://My%20User:${encodeURIComponent(password)}@DB.Example.com:6543/My%2FDb?sslmode=require`;
    const { status, body } = await create({ url });
    expect(status).toBe(201);
    expect(body).toMatchObject({ host: 'DB.Example.com', port: 6543, name: 'My/Db', username: 'My User' });
    expect(body.ssl_mode).toBe('require');
    expect(body).not.toHaveProperty('url');
    expect(await storedPassword(body.id)).toBe(password);
  });

  test('has the port 5432 and verify-full unless it says otherwise, as the fields have', async () => {
    const { body } = await create({ url: `postgres://u:p@${HOST}/d` });
    expect(body).toMatchObject({ port: 5432, ssl_mode: 'verify-full' });
  });

  test('takes an IPv6 address in brackets, and answers it without', async () => {
    const { body } = await create({ url: 'postgres://u:p@[2001:db8::7]:5433/d' });
    expect(body).toMatchObject({ host: '2001:db8::7', port: 5433 });
  });

  test('is taken for the primary of a new project too', async () => {
    const database = { url: `postgres://u:p@${HOST}/d?sslmode=disable` };
    const body = projectInput(owner.orgId, { database });
    const answer = await api.send<CreatedProject>('POST', '/v1/projects', { as: owner, body });
    expect(answer.status).toBe(201);
    expect(answer.body.database).toMatchObject({ host: HOST, name: 'd', ssl_mode: 'disable' });
  });

  test('replaces the whole connection in a change', async () => {
    const { id } = await api.createDatabase(owner, projectId);
    const { status, body } = await patch(id, {
      url: 'postgres://u:p@other.example.com:1234/d?sslmode=prefer',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ host: 'other.example.com', port: 1234, name: 'd', username: 'u' });
    expect(body.ssl_mode).toBe('prefer');
    expect(await storedPassword(id)).toBe('p');
  });

  test('leaves ssl_mode as it is in a change when it does not say it', async () => {
    const { id } = await api.createDatabase(owner, projectId, { ssl_mode: 'require' });
    expect((await patch(id, { url: `postgres://u:p@${HOST}/d`, ssl_mode: '' })).body.ssl_mode).toBe(
      'require',
    );
  });

  test('completes a primary that was registered blank', async () => {
    const body = projectInput(owner.orgId, {
      database: { host: '', port: 0, name: '', username: '' } as never,
    });
    const made = await api.send<CreatedProject>('POST', '/v1/projects', { as: owner, body });
    const path = `/v1/projects/${made.body.project.id}/databases/${made.body.database?.id}`;
    const answer = await api.send<Database>('PATCH', path, {
      as: owner,
      body: { url: `postgres://u:p@${HOST}/d` },
    });
    expect(answer.body).toMatchObject({
      host: HOST,
      connection_string: expect.stringContaining('/d') as string,
    });
  });

  test('is nowhere afterwards: in no answer, audit entry, idempotency record, row or log line', async () => {
    const password = uniqueName('pa$$word');
    const url = `postgres://myuser:${encodeURIComponent(password)}@${HOST}/mydb?application_name=x`;
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await create({ url }, headers);
    const again = await create({ url }, headers);
    const changed = await patch(first.body.id, { url, ssl_mode: 'require' });
    expect([first.status, again.status, changed.status]).toEqual([201, 201, 200]);
    const kept = await rows(
      api,
      `select row_to_json(t)::text as text from databases t where id = $1
       union all select row_to_json(a)::text from audit_entries a where resource_id = $1
       union all select row_to_json(i)::text from idempotency_records i`,
      [first.body.id],
    );
    const haystack = JSON.stringify([kept, first.text, again.text, changed.text, api.logs()]);
    expect(haystack.length).toBeGreaterThan(1000);
    expect(found(haystack, password)).toEqual([]);
    expect(found(haystack, url)).toEqual([]);
    const [entry] = (await auditOf(api, first.body.id)).slice(-1);
    expect(entry?.after).toMatchObject({ password: '[redacted]' });
  });
});

describe('a URI and fields that say the same thing twice are refused, and each field is named', () => {
  const url = `postgres://u:p@${HOST}/d`;
  const { host, port, name, username, password } = databaseInput();
  const all = { host, port, name, username, password };
  test.each([
    [{ host }],
    [{ port }],
    [{ name }],
    [{ username }],
    [{ password }],
    [{ host, password }],
    [all],
  ])('%j', async (fields) => {
    const expected = Object.keys(fields).map((field) => ({
      field,
      message: 'must be left out, since url says it',
    }));
    const answer = await create({ url, ...fields });
    expect(answer.status).toBe(400);
    expect(detailsOf(answer)).toEqual(expected);
    const { id } = await api.createDatabase(owner, projectId);
    expect(detailsOf(await patch(id, { url, ...fields }))).toEqual(expected);
  });

  test('inside createProject, by their full path', async () => {
    const body = { ...projectInput(owner.orgId), database: { url, host } };
    const answer = await api.send('POST', '/v1/projects', { as: owner, body });
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'database.host' });
  });

  test('sslmode and ssl_mode may both be given where they agree, and not where they differ', async () => {
    const withMode = `${url}?sslmode=require`;
    expect((await create({ url: withMode, ssl_mode: 'require' })).body.ssl_mode).toBe('require');
    expectRefusal(await create({ url: withMode, ssl_mode: 'verify-full' }), {
      code: 'INVALID_INPUT',
      field: 'ssl_mode',
    });
  });

  test('neither of them asks for each field that is missing, in their order', async () => {
    const answer = await create({ port, ssl_mode: 'require' });
    expect(detailsOf(answer)).toEqual(
      ['host', 'name', 'username', 'password'].map((field) => ({ field, message: 'is required' })),
    );
  });
});

describe('a URI that cannot be used is refused, and not shown', () => {
  const MARK = 'm4rk3r-that-stands-in-a-password';
  test.each([
    ['another scheme', `mysql://u:${MARK}@${HOST}/d`],
    ['a driver in its scheme', `postgresql+psycopg2://u:${MARK}@${HOST}/d`],
    ['JDBC', `jdbc:postgresql://${HOST}/d?user=u&password=${MARK}`],
    ['no database', `postgres://u:${MARK}@${HOST}`],
    ['no user', `postgres://:${MARK}@${HOST}/d`],
    ['an @ in the password that is not encoded', `postgres://u:${MARK}@x@${HOST}/d`],
    ['several hosts', `postgres://u:${MARK}@a.example,b.example/d`],
    ['another host in its query', `postgres://u:${MARK}@${HOST}/d?host=169.254.169.254`],
    ['a file', `postgres://u:${MARK}@${HOST}/d?sslkey=/etc/passwd`],
    ['a service', `postgres://u:${MARK}@${HOST}/d?service=x`],
    ['an sslmode that there is not', `postgres://u:${MARK}@${HOST}/d?sslmode=${MARK}`],
    ['a bad port', `postgres://u:${MARK}@${HOST}:99999/d`],
    ['a bad escape', `postgres://u:%zz${MARK}@${HOST}/d`],
    ['a name of a database that is too long', `postgres://u:${MARK}@${HOST}/${'d'.repeat(256)}`],
    ['a host that is none', `postgres://u:${MARK}@a%20b/d`],
    ['an IAM token', `postgres://u:${encodeURIComponent(`h:5432/?X-Amz-Signature=${MARK}`)}@${HOST}/d`],
    ['more than any URI has', `postgres://u:${MARK}${'x'.repeat(5000)}@${HOST}/d`],
  ])('%s', async (_what, url) => {
    const answer = await create({ url });
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'url' });
    expect(found(answer.text + api.logs(), MARK)).toEqual([]);
    expect(answer.text).not.toContain('d'.repeat(20));
  });
});

test('an IAM token is no password, since it would end in 15 minutes', async () => {
  const password = 'db.example.com:5432/?Action=connect&X-Amz-Signature=abc';
  const refusal = expectRefusal(await create(databaseInput({ password })), {
    code: 'INVALID_INPUT',
    field: 'password',
  });
  expect(refusal.message).toContain('15 minutes');
  const { id } = await api.createDatabase(owner, projectId);
  expectRefusal(await patch(id, { password }), { code: 'INVALID_INPUT', field: 'password' });
});

describe('what is ignored of a URI', () => {
  const url = `postgres://u:p@${HOST}/d?connect_timeout=5&application_name=shop`;
  const ignored = ['connect_timeout', 'application_name'].map((name) => ({
    code: 'ignored_parameter',
    message: expect.stringContaining(name) as string,
  }));

  test('is told where it was just registered or changed, also when that is answered again', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await create({ url }, headers);
    expect(first.body.warnings).toEqual(ignored);
    const again = await create({ url }, headers);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    expect((await patch(first.body.id, { url })).body.warnings).toEqual(ignored);
  });

  test('is not told by reads, and stands in no audit entry', async () => {
    const { id } = (await create({ url })).body;
    expect(await read(id)).not.toHaveProperty('warnings');
    const list = await api.send<DatabaseList>('GET', `${PATH}?page_size=100`, { as: owner });
    expect(list.text).not.toContain('warnings');
    expect(JSON.stringify(await auditOf(api, id))).not.toContain('ignored_parameter');
  });

  test('is no member of the answer where there is nothing', async () => {
    expect((await create({ url: `postgres://u:p@${HOST}/d` })).body).not.toHaveProperty('warnings');
  });
});
