import { SECRET_FIELDS, SECRET_HEADERS, newId } from '@headgate/schema';
import { databaseInput, projectInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { capturedLog, startTestApi, type TestApi } from './harness.ts';
import { expectRefusal, rows, useProject } from './support.ts';

const SECRET = 'Marked-Password-74';

const { api, owner, projectId } = await useProject();

/** The log lines of one request. */
function linesOf(id: string): Record<string, any>[] {
  const lines = api.logs().trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as Record<string, any>)
    .filter((line) => line['request_id'] === id);
}

async function lineOf(method: string, path: string, options: Parameters<TestApi['send']>[2] = {}) {
  const id = crypto.randomUUID();
  const answer = await api.send(method, path, {
    ...options,
    headers: { ...options.headers, 'X-Request-Id': id },
  });
  const lines = linesOf(id);
  expect(lines).toHaveLength(1);
  return { answer, line: lines[0] ?? {} };
}

describe('a request leaves one line', () => {
  test('with who asked what from where, how it went and how long it took', async () => {
    const path = `/v1/projects/${projectId}/databases`;
    const { line } = await lineOf('POST', path, { as: owner, body: databaseInput() });
    expect(line).toMatchObject({
      level: 'info',
      method: 'POST',
      path,
      route: '/v1/projects/{project_id}/databases',
      status: 201,
      actor_id: owner.userId,
      address: expect.stringMatching(/^(::ffff:)?127\.0\.0\.1$/),
      msg: 'request',
    });
    expect(line['duration_ms']).toBeGreaterThan(0);
    expect(Date.parse(line['time'])).not.toBeNaN();
    expect(line).not.toHaveProperty('err');
  });

  test.each([
    [
      'a refusal',
      'INVALID_INPUT',
      async () => await lineOf('POST', `/v1/projects/${projectId}/databases`, { as: owner, body: {} }),
    ],
    [
      'a missing resource',
      'NOT_FOUND',
      async () => await lineOf('GET', `/v1/projects/${newId('prj')}`, { as: owner }),
    ],
    ['an unknown path', 'NOT_FOUND', async () => await lineOf('GET', '/nowhere')],
    ['no credentials', 'UNAUTHORIZED', async () => await lineOf('GET', '/v1/regions')],
  ])('with its error code, at level info: %s', async (_what, code, request) => {
    const { line } = await request();
    expect(line).toMatchObject({ level: 'info', error_code: code });
  });

  test('and the probes of supervisors none, while all is well', async () => {
    const before = api.logs();
    for (const path of ['/livez', '/readyz']) expect((await api.send('GET', path)).status).toBe(200);
    expect(api.logs()).toBe(before);
  });

  test('whatever stands in its path stands in one line', async () => {
    const id = crypto.randomUUID();
    await api.send('GET', '/nowhere%0A%7B%22level%22:%22fatal%22%7D', { headers: { 'X-Request-Id': id } });
    expect(linesOf(id)).toHaveLength(1);
    for (const line of api.logs().trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});

test('no token, no credentials of a query, no password and no body stands in the log', async () => {
  const path = `/v1/projects/${projectId}/databases`;
  const body = databaseInput({ password: SECRET, username: 'Marked-User-74' });
  const { body: created } = await api.send<{ id: string }>('POST', path, {
    as: owner,
    body,
    headers: { 'Idempotency-Key': 'Marked-Key-74' },
  });
  await api.send('PATCH', `${path}/${created.id}`, { as: owner, body: { password: `${SECRET}-2` } });
  await api.send('POST', path, { as: owner, body: { ...body, port: 0 } });
  await api.send('POST', path, { as: owner, rawBody: `{"password":"${SECRET}",` });
  await api.send('POST', '/v1/projects', { as: owner, body: projectInput(owner.orgId, { database: body }) });
  await api.send('GET', `/v1/regions?access_token=${SECRET}`, { as: owner });
  await api.send('GET', '/v1/regions', { headers: { 'X-API-Key': SECRET, Cookie: `session=${SECRET}` } });
  await api.send('GET', '/v1/regions', { token: `${owner.token}x` });
  for (const secret of [SECRET, owner.token, owner.token.split('.')[2] ?? '', 'Marked-User-74'])
    expect(api.logs()).not.toContain(secret);
});

describe('an object that holds a secret and is logged by mistake is blacked out', () => {
  const HOLDERS: [string, (name: string) => object][] = [
    ['itself', (name) => ({ [name]: SECRET })],
    ['in a field', (name) => ({ body: { [name]: SECRET } })],
    ['in a field of a field', (name) => ({ request: { headers: { [name]: SECRET } } })],
    ['in a list', (name) => ({ items: [{ [name]: SECRET }] })],
    [
      'as a request that creates a project',
      (name) => ({ request: { body: { database: { [name]: SECRET } } } }),
    ],
    ['as more than text', (name) => ({ body: { [name]: [SECRET, { nested: SECRET }] } })],
  ];
  test.each(
    [...SECRET_FIELDS, ...SECRET_HEADERS].flatMap((name) =>
      HOLDERS.map(([where, hold]) => [name, where, hold] as const),
    ),
  )('%s, %s', (name, _where, hold) => {
    const { log, logs } = capturedLog();
    log.info({ kept: 'visible', ...hold(name) }, 'by mistake');
    log.error(hold(name), 'by mistake');
    expect(logs()).not.toContain(SECRET);
    expect(logs()).toContain('[redacted]');
    expect(logs()).toContain('visible');
  });

  test.each(['Authorization', 'PASSWORD', 'X-Api-Key'])('%s, however it is written', (name) => {
    const { log, logs } = capturedLog();
    log.info({ headers: { [name]: SECRET } }, 'by mistake');
    expect(logs()).not.toContain(SECRET);
  });
});

describe('an error of the database', () => {
  const failureOf = async (sql: string, parameters: unknown[] = []): Promise<Error> =>
    await rows(api, sql, parameters).then(
      () => {
        throw new Error('the statement was expected to fail');
      },
      (error: unknown) => error as Error,
    );
  /** One that says what PostgreSQL may say: "Failing row contains (…)", and where. */
  const withValues = async () =>
    await failureOf(
      `do $$ begin raise exception using message = 'refused', errcode = '23514', constraint = 'sealed_under_a_key',
       detail = 'Failing row contains (${SECRET}).', hint = '${SECRET}'; end $$`,
    );

  test('is logged by its kind, without the values of the row', async () => {
    const error = await withValues();
    expect(JSON.stringify(Object.entries(error))).toContain(SECRET);
    const { log, logs } = capturedLog();
    log.error({ err: error }, 'x');
    log.error({ err: new Error('outer', { cause: error }) }, 'x');
    log.error(error);
    expect(logs()).not.toContain(SECRET);
    expect(logs()).toContain('sealed_under_a_key');
    expect(logs()).toContain('23514');
  });

  test('is logged without them also where it is handed over in another way', async () => {
    const error = await withValues();
    const { log, logs } = capturedLog();
    log.error({ error }, 'x');
    log.error({ failure: { cause: error } }, 'x');
    expect(logs()).not.toContain(SECRET);
  });

  test('that quotes a value in its message is logged without the value', async () => {
    const error = await failureOf('select $1::text::integer', [SECRET]);
    expect(error.message).toContain(SECRET);
    const { log, logs } = capturedLog();
    log.error({ err: error }, 'x');
    expect(logs()).not.toContain(SECRET);
    expect(logs()).toContain('22P02');
  });

  test('is answered 500 with the request id alone, and logged as an error with its cause', async () => {
    const error = await withValues();
    const store = { ...api.store, read: async () => await Promise.reject(error) };
    const broken = await startTestApi({ store });
    const person = (await broken.createOrganization()).owner;
    const answer = await broken.send('GET', `/v1/projects/${newId('prj')}`, { as: person });
    expect(answer.status).toBe(500);
    const { message } = expectRefusal(answer, { code: 'INTERNAL_ERROR' });
    expect(message).toBe('Something went wrong in Headgate. Report it with the request id.');
    const lines = broken.logs().trim().split('\n');
    const line = lines.find((each) => each.includes('INTERNAL_ERROR')) ?? '';
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      status: 500,
      err: { constraint: 'sealed_under_a_key' },
    });
    expect(broken.logs()).not.toContain(SECRET);
    await broken.close();
  });
});
