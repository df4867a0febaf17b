import type { Database, Project } from '@headgate/schema';
import { databaseInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { auditOf, expectRefusal } from './support.ts';

let api: TestApi;
let owner: TestActor;
let project: Project;
let database: Database;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner } = await api.createOrganization());
});
afterAll(async () => await api.close());
beforeEach(async () => {
  project = await api.createProject(owner);
  database = await api.createDatabase(owner, project.id);
});

const KINDS = ['project', 'database'] as const;
type Kind = (typeof KINDS)[number];

const pathOf = (kind: Kind) =>
  `/v1/projects/${project.id}${kind === 'database' ? `/databases/${database.id}` : ''}`;
const changeOf = (kind: Kind, n = 1) =>
  kind === 'project' ? { description: `change ${n}` } : { port: 6000 + n };
const idOf = (kind: Kind) => (kind === 'project' ? project.id : database.id);

const send = async (method: string, kind: Kind, headers: Record<string, string> = {}, body?: object) =>
  await api.send(method, pathOf(kind), { as: owner, headers, ...(body && { body }) });
const etagOf = async (kind: Kind) => (await send('GET', kind)).headers.get('etag') ?? '';

describe.each(KINDS)('a %s', (kind) => {
  test('has an ETag that stays while it does and changes when it does', async () => {
    const first = await etagOf(kind);
    expect(first).toMatch(/^"[\x21\x23-\x7e]+"$/);
    expect(await etagOf(kind)).toBe(first);
    const patched = await send('PATCH', kind, {}, changeOf(kind));
    expect(patched.headers.get('etag')).not.toBe(first);
    expect(await etagOf(kind)).toBe(patched.headers.get('etag'));
  });

  describe('If-None-Match', () => {
    test.each([
      ['the present tag', (etag: string) => etag],
      ['the present tag as a weak one', (etag: string) => `W/${etag}`],
      ['a list with it', (etag: string) => `"other", ${etag} ,W/"x"`],
      ['any', () => '*'],
      ['a tag with a comma in it beside the present one', (etag: string) => `"a,b", ${etag}`],
    ])('with %s is answered 304, with the tag and without a body', async (_what, header) => {
      const etag = await etagOf(kind);
      const answer = await send('GET', kind, { 'If-None-Match': header(etag) });
      expect(answer.status).toBe(304);
      expect(answer.text).toBe('');
      expect(answer.headers.get('etag')).toBe(etag);
    });

    test('with another tag is answered whole', async () => {
      expect((await send('GET', kind, { 'If-None-Match': '"other", W/"x"' })).status).toBe(200);
    });

    test('with the tag of the version before is answered whole', async () => {
      const before = await etagOf(kind);
      await send('PATCH', kind, {}, changeOf(kind));
      expect((await send('GET', kind, { 'If-None-Match': before })).status).toBe(200);
    });

    test('of a resource that is gone is a 404', async () => {
      await send('DELETE', kind);
      expect((await send('GET', kind, { 'If-None-Match': '*' })).status).toBe(404);
    });
  });

  describe('If-Match', () => {
    test.each([
      ['the present tag', (etag: string) => etag],
      ['a list with it', (etag: string) => `"other", ${etag}`],
      ['any', () => '*'],
    ])('with %s lets a change and a deletion through', async (_what, header) => {
      const changed = await send('PATCH', kind, { 'If-Match': header(await etagOf(kind)) }, changeOf(kind));
      expect(changed.status).toBe(200);
      expect((await send('DELETE', kind, { 'If-Match': header(await etagOf(kind)) })).status).toBe(204);
    });

    test.each([
      ['a stale tag', (etag: string) => etag],
      ['an unknown tag', () => '"other"'],
      ['unknown tags, one with a comma in it', () => '"a,b", "c"'],
    ])('with %s refuses a change and a deletion, and nothing happens', async (_what, header) => {
      const stale = await etagOf(kind);
      const { body } = await send('PATCH', kind, {}, changeOf(kind));
      const headers = { 'If-Match': header(stale) };
      for (const answer of [
        await send('PATCH', kind, headers, changeOf(kind, 2)),
        await send('DELETE', kind, headers),
      ]) {
        expect(answer.status).toBe(412);
        expectRefusal(answer, { code: 'PRECONDITION_FAILED' });
      }
      expect((await send('GET', kind)).body).toEqual(body);
      expect(await auditOf(api, idOf(kind))).toHaveLength(2);
    });

    test('never matches a weak tag, since it promises the very same version', async () => {
      const weak = `W/${await etagOf(kind)}`;
      expect((await send('PATCH', kind, { 'If-Match': weak }, changeOf(kind))).status).toBe(412);
    });

    test('refuses even what would change nothing, when it is stale', async () => {
      const stale = await etagOf(kind);
      await send('PATCH', kind, {}, changeOf(kind));
      expect((await send('PATCH', kind, { 'If-Match': stale }, {})).status).toBe(412);
    });

    test('of a resource that is gone is a 404, not a 412', async () => {
      const etag = await etagOf(kind);
      await send('DELETE', kind);
      expect((await send('PATCH', kind, { 'If-Match': etag }, changeOf(kind))).status).toBe(404);
    });

    test.each(['3', 'abc', '"a" "b"', '"a', "'a'", '*, "a"', '"a b"', 'w/"a"'])(
      '%s is malformed and refused by name',
      async (header) => {
        const answer = await send('PATCH', kind, { 'If-Match': header }, changeOf(kind));
        expect(answer.status).toBe(400);
        expectRefusal(answer, { code: 'INVALID_INPUT', field: 'If-Match' });
        expectRefusal(await send('DELETE', kind, { 'If-Match': header }), {
          code: 'INVALID_INPUT',
          field: 'If-Match',
        });
      },
    );

    test('of ten changes at once that hold the same version, exactly one wins', async () => {
      const headers = { 'If-Match': await etagOf(kind) };
      const answers = await Promise.all(
        Array.from({ length: 10 }, async (_, n) => await send('PATCH', kind, headers, changeOf(kind, n))),
      );
      expect(answers.map(({ status }) => String(status)).toSorted()).toEqual([
        '200',
        ...Array<string>(9).fill('412'),
      ]);
      const winner = answers.find(({ status }) => status === 200);
      expect((await send('GET', kind)).body).toEqual(winner?.body);
      expect(await auditOf(api, idOf(kind))).toHaveLength(2);
    });
  });
});

test("a project's tag changes with the number of its databases, which its answer shows", async () => {
  const before = await etagOf('project');
  await send('DELETE', 'database');
  const after = await etagOf('project');
  expect(after).not.toBe(before);
  await api.send('POST', `/v1/projects/${project.id}/databases`, { as: owner, body: databaseInput() });
  expect(await etagOf('project')).not.toBe(after);
});

test('a stale change of a database that raced with its deletion is answered 404 and brings nothing back', async () => {
  const etag = await etagOf('database');
  const [removed, changed] = await Promise.all([
    send('DELETE', 'database', { 'If-Match': etag }),
    send('PATCH', 'database', { 'If-Match': etag }, changeOf('database')),
  ]);
  const outcome = [removed.status, changed.status];
  expect([
    [204, 404],
    [412, 200],
  ]).toContainEqual(outcome);
  expect((await send('GET', 'database')).status).toBe(removed.status === 204 ? 404 : 200);
});

test('a project that is deleted on the condition that it has no databases never takes along one that was just added', async () => {
  for (let round = 0; round < 25; round += 1) {
    const { id } = await api.createProject(owner);
    const path = `/v1/projects/${id}`;
    const etag = (await api.send('GET', path, { as: owner })).headers.get('etag') ?? '';
    const [added, removed] = await Promise.all([
      api.send('POST', `${path}/databases`, { as: owner, body: databaseInput() }),
      api.send('DELETE', path, { as: owner, headers: { 'If-Match': etag } }),
    ]);
    expect([
      [201, 412],
      [404, 204],
    ]).toContainEqual([added.status, removed.status]);
  }
});
