import {
  newId,
  type CreatedProject,
  type Database,
  type DatabaseList,
  type Project,
  type ProjectList,
} from '@headgate/schema';
import { databaseInput, projectInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { DAY_MS, HOUR_MS, auditOf, expectRefusal, rows, tokenFor } from './support.ts';

let api: TestApi;
let owner: TestActor;
let project: Project;
let primary: Database;
let other: Database;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner } = await api.createOrganization());
});
afterAll(async () => await api.close());
beforeEach(async () => {
  const body = projectInput(owner.orgId, { database: databaseInput() });
  const token = await tokenFor(api, owner);
  const created = (await api.send<CreatedProject>('POST', '/v1/projects', { token, body })).body;
  project = created.project;
  primary = created.database as Database;
  other = (
    await api.send<Database>('POST', `/v1/projects/${project.id}/databases`, { token, body: databaseInput() })
  ).body;
});

const projectPath = () => `/v1/projects/${project.id}`;
const pathOf = ({ id }: Database) => `${projectPath()}/databases/${id}`;
/** Sends with a token that is fresh, since these tests move the clock by weeks. */
const send = async <B = unknown>(method: string, path: string, body?: unknown) =>
  await api.send<B>(method, path, { token: await tokenFor(api, owner), body });
const statusOf = async (path: string) => (await send('GET', path)).status;
const listed = async () =>
  (await send<DatabaseList>('GET', `${projectPath()}/databases`)).body.databases.map(({ id }) => id);

describe('deleting a database', () => {
  test('answers 204 without a body, and the database is gone from reads, lists and counts', async () => {
    const answer = await send('DELETE', pathOf(primary));
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await statusOf(pathOf(primary))).toBe(404);
    expect(await listed()).toEqual([other.id]);
    expect((await send<Project>('GET', projectPath())).body.database_count).toBe(1);
  });

  test('again, or changing it afterwards, is a 404', async () => {
    await send('DELETE', pathOf(primary));
    expectRefusal(await send('DELETE', pathOf(primary)), { code: 'NOT_FOUND' });
    expectRefusal(await send('PATCH', pathOf(primary), { port: 1 }), { code: 'NOT_FOUND' });
  });

  test('leaves an audit entry that holds what it was', async () => {
    await send('DELETE', pathOf(primary));
    const [, entry] = await auditOf(api, primary.id);
    expect(entry).toMatchObject({ action: 'database.delete', before: primary, after: null });
  });
});

describe('restoring a database', () => {
  test('brings it back as it was, with its password, as a new version', async () => {
    await send('DELETE', pathOf(primary));
    api.clock.advance(1_000);
    const { status, body, headers } = await send<Database>('POST', `${pathOf(primary)}/restore`);
    expect(status).toBe(200);
    expect(body).toEqual({ ...primary, updated_at: api.clock.now().toISOString() });
    const read = await send('GET', pathOf(primary));
    expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
    expect(headers.get('etag')).not.toBe('"1"');
    expect(
      await rows(api, 'select id from databases where id = $1 and sealed_password is not null', [primary.id]),
    ).toHaveLength(1);
    expect((await auditOf(api, primary.id)).map(({ action }) => action)).toEqual([
      'database.create',
      'database.delete',
      'database.restore',
    ]);
  });

  test('works to the last moment of 30 days by the clock, and is a 404 after it', async () => {
    await send('DELETE', pathOf(primary));
    await send('DELETE', pathOf(other));
    api.clock.advance(30 * DAY_MS - 1);
    expect((await send('POST', `${pathOf(primary)}/restore`)).status).toBe(200);
    api.clock.advance(1);
    expectRefusal(await send('POST', `${pathOf(other)}/restore`), { code: 'NOT_FOUND' });
  });

  test('that lives is a 409, that never was a 404', async () => {
    expectRefusal(await send('POST', `${pathOf(primary)}/restore`), { code: 'CONFLICT' });
    expectRefusal(await send('POST', `${projectPath()}/databases/${newId('db')}/restore`), {
      code: 'NOT_FOUND',
    });
  });

  test('in a deleted project is a 409 that says what to do', async () => {
    await send('DELETE', pathOf(primary));
    await send('DELETE', projectPath());
    for (const each of [primary, other]) {
      const error = expectRefusal(await send('POST', `${pathOf(each)}/restore`), { code: 'CONFLICT' });
      expect(error.message).toContain('Restore the project first');
    }
  });

  test('ten times at once restores it once', async () => {
    await send('DELETE', pathOf(primary));
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => await send('POST', `${pathOf(primary)}/restore`)),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual([
      '200',
      ...Array<string>(9).fill('409'),
    ]);
    expect(await auditOf(api, primary.id)).toHaveLength(3);
  });
});

describe('deleting a project', () => {
  test('takes its databases along, out of every read and list', async () => {
    const answer = await send('DELETE', projectPath());
    expect([answer.status, answer.text]).toEqual([204, '']);
    const gone = [projectPath(), `${projectPath()}/databases`, pathOf(primary), pathOf(other)];
    expect(await Promise.all(gone.map(statusOf))).toEqual([404, 404, 404, 404]);
    const { body } = await send<ProjectList>('GET', `/v1/projects?org_id=${owner.orgId}&page_size=100`);
    expect(body.projects.map(({ id }) => id)).not.toContain(project.id);
    expect(body.total).toBe(body.projects.length);
  });

  test('leaves nothing that can be changed or added to', async () => {
    await send('DELETE', projectPath());
    const answers = [
      await send('DELETE', projectPath()),
      await send('PATCH', projectPath(), { name: 'x' }),
      await send('POST', `${projectPath()}/databases`, databaseInput()),
      await send('PATCH', pathOf(primary), { port: 1 }),
      await send('DELETE', pathOf(primary)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
  });

  test('while its databases are deleted waits for them, and nobody waits for each other', async () => {
    const made = await Promise.all(
      Array.from(
        { length: 10 },
        async () => await send<Database>('POST', `${projectPath()}/databases`, databaseInput()),
      ),
    );
    const deleting = made.map(async ({ body }) => await send('DELETE', pathOf(body)));
    const [whole, ...deleted] = await Promise.all([send('DELETE', projectPath()), ...deleting]);
    expect(whole.status).toBe(204);
    expect(deleted.every(({ status }) => status === 204 || status === 404)).toBe(true);
  });

  test('while databases are added to it leaves none of them alive', async () => {
    const adding = Array.from(
      { length: 20 },
      async () => await send('POST', `${projectPath()}/databases`, databaseInput()),
    );
    const [, ...added] = await Promise.all([send('DELETE', projectPath()), ...adding]);
    expect(added.every(({ status }) => status === 201 || status === 404)).toBe(true);
    expect(
      await rows(api, 'select id from databases where project_id = $1 and deleted_at is null', [project.id]),
    ).toEqual([]);
  });
});

describe('restoring a project', () => {
  test('brings back the databases that went with it, and not one that was deleted before', async () => {
    await send('DELETE', pathOf(other));
    api.clock.advance(HOUR_MS);
    await send('DELETE', projectPath());
    const { status, body } = await send<Project>('POST', `${projectPath()}/restore`);
    expect(status).toBe(200);
    expect(body).toEqual({ ...project, database_count: 1, updated_at: api.clock.now().toISOString() });
    expect((await send('GET', projectPath())).body).toEqual(body);
    expect(await listed()).toEqual([primary.id]);
    expect(await statusOf(pathOf(other))).toBe(404);
    expect((await send('POST', `${pathOf(other)}/restore`)).status).toBe(200);
  });

  test('also not one that was deleted at the very same time by the clock', async () => {
    await send('DELETE', pathOf(other));
    await send('DELETE', projectPath());
    await send('POST', `${projectPath()}/restore`);
    expect(await listed()).toEqual([primary.id]);
  });

  test('a second time brings back what went with the second deletion', async () => {
    await send('DELETE', projectPath());
    await send('POST', `${projectPath()}/restore`);
    await send('DELETE', pathOf(primary));
    await send('DELETE', projectPath());
    await send('POST', `${projectPath()}/restore`);
    expect(await listed()).toEqual([other.id]);
  });

  test('works to the last moment of 30 days by the clock, and is a 404 after it', async () => {
    await send('DELETE', projectPath());
    api.clock.advance(30 * DAY_MS - 1);
    expect((await send('POST', `${projectPath()}/restore`)).status).toBe(200);
    expect((await listed()).toSorted()).toEqual([primary.id, other.id].toSorted());
    await send('DELETE', projectPath());
    api.clock.advance(30 * DAY_MS);
    expectRefusal(await send('POST', `${projectPath()}/restore`), { code: 'NOT_FOUND' });
  });

  test('that lives is a 409, that never was a 404', async () => {
    expectRefusal(await send('POST', `${projectPath()}/restore`), { code: 'CONFLICT' });
    expectRefusal(await send('POST', `/v1/projects/${newId('prj')}/restore`), { code: 'NOT_FOUND' });
  });
});
