import type { DatabaseList, ProjectList } from '@headgate/schema';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const foreign = await api.createOrganization();

const databases = (id = projectId) => `/v1/projects/${id}/databases?page_size=1`;
const projects = (orgId = owner.orgId, sort = 'created_at') =>
  `/v1/projects?org_id=${orgId}&page_size=1&sort_by=${sort}`;

async function refuse(path: string, token: string, as = owner): Promise<void> {
  const answer = await api.send('GET', `${path}&page_token=${encodeURIComponent(token)}`, { as });
  expectRefusal(answer, { code: 'INVALID_INPUT', field: 'page_token' });
}

let ofDatabases: string;
let ofProjects: string;
let ofForeign: string;
let otherProject: string;
beforeAll(async () => {
  const { id } = await api.createProject(owner);
  otherProject = id;
  for (const project of [projectId, projectId, otherProject, otherProject])
    await api.createDatabase(owner, project);
  await api.createProject(foreign.owner);
  await api.createProject(foreign.owner);
  const tokenOf = async (path: string, as = owner) =>
    (await api.send<DatabaseList & ProjectList>('GET', path, { as })).body.next_page_token ?? '';
  ofDatabases = await tokenOf(databases());
  ofProjects = await tokenOf(projects());
  ofForeign = await tokenOf(projects(foreign.orgId), foreign.owner);
  expect([ofDatabases, ofProjects, ofForeign]).not.toContain('');
});

describe('a page token is refused', () => {
  test('when it is of another list, another order, another project or another organization', async () => {
    await refuse(databases(), ofProjects);
    await refuse(projects(), ofDatabases);
    await refuse(projects(owner.orgId, 'name'), ofProjects);
    await refuse(databases(otherProject), ofDatabases);
    await refuse(projects(), ofForeign);
    await refuse(projects(foreign.orgId), ofProjects, foreign.owner);
  });

  test('when it is cut, wherever', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: ofDatabases.length - 1 }), async (length) => {
        await refuse(databases(), ofDatabases.slice(0, length));
      }),
      { numRuns: 40 },
    );
  });

  test('when one character of it is another one', async () => {
    const characters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(ofDatabases.length - 1),
        fc.constantFrom(...characters),
        async (at, character) => {
          fc.pre(ofDatabases[at] !== character);
          await refuse(databases(), ofDatabases.slice(0, at) + character + ofDatabases.slice(at + 1));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('when it is made by hand, however much like one of ours', async () => {
    const [key, id] = JSON.parse(Buffer.from(ofDatabases, 'base64url').toString()) as string[];
    const encode = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const part = fc.oneof(fc.constant(key), fc.constant(id), fc.string(), fc.integer(), fc.constant(null));
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 4 }),
        async (parts) => await refuse(databases(), encode(parts)),
      ),
      { numRuns: 60, examples: [[[key, id]], [[key, id, '']], [[key, id, 'kid:mac']], [[]]] },
    );
    await refuse(databases(), encode({ key, id }));
    await refuse(databases(), Buffer.from('not json').toString('base64url'));
  });

  test('when it is anything else', async () => {
    const text = fc
      .string({ minLength: 1, maxLength: 200, unit: 'grapheme' })
      .filter((value) => value.isWellFormed());
    await fc.assert(
      fc.asyncProperty(text, async (token) => await refuse(databases(), token)),
      { numRuns: 60, examples: [['x'.repeat(1025)], ['.'], ['\0'], ['=']] },
    );
  });
});

test('a page token leads on, and says nothing of how many or whose there are', async () => {
  const { body } = await api.send<DatabaseList>('GET', `${databases()}&page_token=${ofDatabases}`, {
    as: owner,
  });
  expect(body.databases).toHaveLength(1);
  expect(body).not.toHaveProperty('next_page_token');
});

test('a page token of one instance is good on another, which has the same keys', async () => {
  const other = await api.startAnother();
  const answer = await other.send('GET', `${databases()}&page_token=${ofDatabases}`, { as: owner });
  expect(answer.status).toBe(200);
  await other.close();
});
