import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseLimitWords } from '../src/commands/limit-words.ts';
import { ConfigError } from '../src/config/index.ts';
import { call, createWorld, type Program, type World } from './program.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => await world.close());

let orgId: string;
let organizations = 0;
beforeEach(() => {
  organizations += 1;
  orgId = `org_${organizations}`;
});

const command = (...words: string[]) => world.run({ args: ['limits', ...words] });
const overrides = async (id = orgId) => {
  const [row] = await world.owner`
    select max_projects, max_databases_per_project, max_replicas_per_database, max_custom_domains, max_api_keys,
      max_requests_per_second
    from organizations where org_id = ${id}
  `;
  return row;
};
const audit = async () =>
  await world.owner`
    select action, actor_kind, actor_id, resource_kind, resource_id, project_id, before, after
    from audit_entries where org_id = ${orgId} order by created_at
  `;

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return expect.fail('it was accepted');
}

/** The lines of the table, each by the name of its limit. */
function table(program: Program): Record<string, string> {
  const [, , ...lines] = program.stdout().trimEnd().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...cells] = line.trim().split(/\s+/);
      return [name, cells.join(' ')];
    }),
  );
}

describe('the command limits', () => {
  test('shows what is used, allowed and allowed everyone, and writes nothing', async () => {
    const program = command(orgId);
    expect(await program.ended, program.stderr()).toBe(0);
    expect(program.stderr()).toBe('');
    // Ids are the issuer's: one that names nothing yet may be a slip.
    expect(program.stdout().split('\n')[0]).toMatch(
      new RegExp(`^organization ${orgId} \\(nothing is in it yet`),
    );
    expect(table(program)).toEqual({
      projects: '0 1000 1000',
      databases_per_project: '0 1000 1000',
      replicas_per_database: '0 10 10',
      custom_domains: '0 100 100',
      api_keys: '0 100 100',
      requests_per_second: '1000000 1000000',
    });
    expect(await overrides()).toBeUndefined();
    expect(await audit()).toHaveLength(0);
  });

  test('sets what is given, shows the outcome, and leaves one audit entry in the name of the operator', async () => {
    const program = command(orgId, 'projects=50', 'api_keys=0');
    expect(await program.ended, program.stderr()).toBe(0);
    expect(table(program)).toMatchObject({
      projects: '0 50 1000',
      api_keys: '0 0 100',
      custom_domains: '0 100 100',
    });
    expect(await overrides()).toEqual({
      ...{ max_projects: 50, max_api_keys: 0, max_databases_per_project: null },
      ...{ max_replicas_per_database: null, max_custom_domains: null, max_requests_per_second: null },
    });
    expect(await audit()).toEqual([
      {
        ...{
          action: 'organizationLimits.set',
          actor_kind: 'operator',
          actor_id: 'operator',
          project_id: null,
        },
        ...{ resource_kind: 'organization', resource_id: orgId },
        before: { projects: 'default', api_keys: 'default' },
        after: { projects: 50, api_keys: 0 },
      },
    ]);

    const again = command(orgId, 'projects=50');
    expect(await again.ended).toBe(0);
    expect(await audit()).toHaveLength(1);

    const back = command(orgId, 'projects=default');
    expect(await back.ended).toBe(0);
    expect(table(back)).toMatchObject({ projects: '0 1000 1000', api_keys: '0 0 100' });
    expect(await overrides()).toMatchObject({ max_projects: null, max_api_keys: 0 });
  });

  test.each([
    ['no organization', [], /give an organization's id/],
    ['an organization that is empty', [''], /give an organization's id/],
    ['an organization that is too long', ['o'.repeat(256)], /give an organization's id/],
    ['an assignment first', ['projects=5'], /give an organization's id/],
    ['a second word that is no assignment', ['ORG', 'projects'], /give an organization's id/],
    ['an unknown name', ['ORG', 'pojects=5'], /no limit is called "pojects"; there are projects, .+/],
    ['a name of every object', ['ORG', 'constructor=5'], /no limit is called "constructor"/],
    [
      'a negative number',
      ['ORG', 'projects=-1'],
      /projects must be a whole number from 0 to 1000000, or default/,
    ],
    ['a number beyond the highest', ['ORG', 'projects=1000001'], /projects must be a whole number from 0/],
    ['no requests at all', ['ORG', 'requests_per_second=0'], /must be a whole number from 1 to 1000000/],
    ['half a project', ['ORG', 'projects=1.5'], /projects must be a whole number/],
    ['another form of a number', ['ORG', 'projects=1e3'], /projects must be a whole number/],
    ['no number', ['ORG', 'projects='], /projects must be a whole number/],
    ['two numbers', ['ORG', 'projects=5=6'], /projects must be a whole number/],
    ['a limit twice', ['ORG', 'projects=5', 'projects=6'], /projects is given twice/],
    ['a bad one behind a good one', ['ORG', 'projects=5', 'api_keys=x'], /api_keys must be a whole number/],
  ])('with %s is told in one line what is wrong', (_what, words, message) => {
    const told = catchError(() => parseLimitWords(words.map((word) => (word === 'ORG' ? orgId : word))));
    expect(told).toBeInstanceOf(ConfigError);
    expect(told.message).toMatch(/^limits: [^\n]+$/);
    expect(told.message).toMatch(message);
  });

  test('with a bad word behind a good one says so, sets nothing and exits with 1', async () => {
    const program = command(orgId, 'projects=5', 'api_keys=x');
    expect(await program.ended).toBe(1);
    expect(program.stdout()).toBe('');
    expect(program.stderr()).toMatch(/^headgate: limits: api_keys must be a whole number [^\n]+\n$/);
    expect(await overrides()).toBeUndefined();
    expect(await audit()).toHaveLength(0);
  });

  test('beside the API is obeyed from the next request on, without a restart', async () => {
    const api = world.run();
    const url = await api.url();
    const { owner } = world.organization;
    const create = async () =>
      await call(`${url}/v1/projects`, { token: owner.token, body: { name: 'p', org_id: owner.orgId } });
    expect((await create()).status).toBe(201);
    expect(await command(owner.orgId, 'projects=1').ended).toBe(0);
    const refused = await create();
    expect(refused.status).toBe(403);
    expect(refused.body.error).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(refused.body.error.message).toContain('projects is 1');
    const raise = command(owner.orgId, 'projects=2');
    expect(await raise.ended).toBe(0);
    expect(table(raise)).toMatchObject({ projects: '1 2 1000' });
    expect((await create()).status).toBe(201);
    expect((await create()).status).toBe(403);
  });

  test('on a database that no service has migrated says so in one line', async () => {
    const empty = await createTestDatabase({ empty: true });
    const program = world.run({ args: ['limits', orgId], env: { DATABASE_URL: empty.url } });
    expect(await program.ended).toBe(1);
    expect(program.stderr()).toMatch(
      /^headgate: DATABASE_URL: the database is not ready \([^\n]+\); start the service[^\n]+\n$/,
    );
    await empty.drop();
  });

  test('on a database that is not there says so in one line, without its password', async () => {
    const url = 'postgresql://headgate:s3cret@127.0.0.1:1/headgate';
    const program = world.run({ args: ['limits', orgId], env: { DATABASE_URL: url } });
    expect(await program.ended).toBe(1);
    expect(program.stderr()).toMatch(/^headgate: DATABASE_URL: nothing listens there[^\n]+\n$/);
    expect(program.stderr()).not.toContain('s3cret');
  });
});

describe('with the embedded database', () => {
  test('the command works while the service runs and when it does not, and leaves it as it was', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'headgate-'));
    // Another user runs the server where root starts it, and must pass through.
    await chmod(dataDir, 0o711);
    const env = { DATABASE_URL: '', VAULT_KEYS: '', DATA_DIR: dataDir };
    const limits = (...words: string[]) => world.run({ args: ['limits', orgId, ...words], env });
    try {
      const early = limits();
      expect(await early.ended).toBe(1);
      expect(early.stderr()).toMatch(/^headgate: DATA_DIR: nothing is embedded in [^\n]+\n$/);

      const api = world.run({ env });
      const url = await api.url();
      const beside = limits('projects=5');
      expect(await beside.ended, beside.stderr()).toBe(0);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      api.signal('SIGTERM');
      expect(await api.ended).toBe(0);

      const alone = limits('api_keys=6');
      expect(await alone.ended, alone.stderr()).toBe(0);
      expect(table(alone)).toMatchObject({ projects: '0 5 1000', api_keys: '0 6 100' });

      const next = world.run({ env });
      expect((await fetch(`${await next.url()}/readyz`)).status).toBe(200);
      next.signal('SIGTERM');
      expect(await next.ended).toBe(0);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
