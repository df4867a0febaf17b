import { createServer } from 'node:net';
import { once } from 'node:events';
import { databaseInput, slotInput } from '@headgate/testing';
import { misbehaviours, startFakeServer, startUpstream } from '@headgate/testing/upstreams';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { call, createWorld, type Program, type World } from './program.ts';

/** What the operating interface promises. */
const DRAIN_MS = 10_000;

let world: World;
let projectId: string;
beforeAll(async () => {
  world = await createWorld();
  const program = world.run();
  const { orgId, owner } = world.organization;
  const answer = await call(`${await program.url()}/v1/projects`, {
    token: owner.token,
    body: { name: 'p', org_id: orgId },
  });
  projectId = String(answer.body.project.id);
  program.signal('SIGTERM');
  await program.ended;
});
afterAll(async () => await world.close());

/** Begins a create that cannot finish before `release`, since the test holds the project's row. */
async function heldRequest(program: Program) {
  const url = `${await program.url()}/v1/projects/${projectId}/databases`;
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const holding = world.owner.begin(async (sql) => {
    await sql`select from projects where id = ${projectId} for update`;
    held.resolve();
    await released.promise;
  });
  await held.promise;
  const answer = call(url, { token: world.organization.owner.token, body: databaseInput() }).catch(
    (error: unknown) => error,
  );
  const waiting = async () =>
    (await world.owner`select from pg_locks where not granted and locktype in ('transactionid', 'tuple')`)
      .length;
  await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(0);
  return {
    answer,
    release: async () => {
      released.resolve();
      await holding;
    },
  };
}

const isDraining = (program: Program) => program.log().some(({ msg }) => msg === 'draining');

describe('SIGTERM', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '(%s) ends an idle program with 0, and says so',
    async (signal) => {
      const program = world.run();
      await program.url();
      const before = performance.now();
      program.signal(signal);
      expect(await program.ended).toBe(0);
      expect(performance.now() - before).toBeLessThan(DRAIN_MS);
      expect(program.log().map(({ msg }) => msg)).toEqual(expect.arrayContaining(['draining', 'stopped']));
      expect(program.stderr()).toBe('');
    },
  );

  test('lets a request that is under way finish, takes no new connection, and then exits with 0', async () => {
    const program = world.run();
    const url = await program.url();
    const request = await heldRequest(program);
    const before = performance.now();
    program.signal('SIGTERM');
    await expect.poll(() => isDraining(program), { timeout: 5_000 }).toBe(true);
    await expect(fetch(`${url}/livez`, { headers: { connection: 'close' } })).rejects.toThrow();
    await request.release();
    expect(await request.answer).toMatchObject({ status: 201 });
    expect(await program.ended).toBe(0);
    expect(performance.now() - before).toBeLessThan(DRAIN_MS);
    expect(await world.owner`select from databases where project_id = ${projectId}`).toHaveLength(1);
  });

  test('does not wait for a request without end', async () => {
    const program = world.run();
    const request = await heldRequest(program);
    const before = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(performance.now() - before).toBeLessThan(DRAIN_MS + 2_000);
    await request.answer;
    await request.release();
  });

  test('a second time, when it means it, ends it at once', async () => {
    // Ctrl-C arrives twice in one moment, from the terminal and from the package manager.
    const program = world.run();
    const request = await heldRequest(program);
    program.signal('SIGTERM');
    await expect.poll(() => isDraining(program), { timeout: 5_000 }).toBe(true);
    // Again and again: what comes in the same moment as the first does not count.
    const again = setInterval(() => program.signal('SIGTERM'), 100);
    expect(await program.ended).toBe(130);
    clearInterval(again);
    expect(await request.answer).toBeInstanceOf(Error);
    await request.release();
  });
});

describe("SIGTERM while customers' servers are used", () => {
  const ALLOWED = { env: { UPSTREAM_ALLOWED_CIDRS: '127.0.0.0/8,::1/128' } };
  /** Far less than a check may take. */
  const SOON_MS = 8_000;
  const post = async (program: Program, path: string, body: object) =>
    await call(`${await program.url()}/v1/projects/${projectId}/databases${path}`, {
      ...{ token: world.organization.owner.token, body },
    });
  const levels = (program: Program) => program.log().map(({ level }) => level);

  test('gives up checks that wait at once: each caller is told to come again, and nothing fails on the way', async () => {
    const silent = await startFakeServer(misbehaviours.silent);
    onTestFinished(async () => await silent.stop());
    const program = world.run(ALLOWED);
    const input = { ...databaseInput(), host: silent.host, port: silent.port };
    const paths = ['/test-connection', '/test-connection', '?verify=true'];
    const answers = paths.map(async (path) => await post(program, path, input));
    // A stranger may look in too: its port was somebody else's a moment ago.
    await expect.poll(silent.accepted, { timeout: 10_000 }).toBeGreaterThanOrEqual(paths.length);
    const before = performance.now();
    program.signal('SIGTERM');
    for (const { status, headers, body } of await Promise.all(answers)) {
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toMatch(/^[1-9][0-9]*$/);
      expect(body.error).toMatchObject({
        ...{ code: 'UNAVAILABLE', message: expect.stringContaining('restarted') as string },
      });
    }
    expect(await program.ended).toBe(0);
    expect(performance.now() - before).toBeLessThan(SOON_MS);
    expect(levels(program)).not.toContain('error');
    expect(program.stderr()).toBe('');
  });

  test.each(['who waits', 'who is gone'])(
    'undoes the slot that it was making for a caller %s',
    async (who) => {
      const server = await startUpstream();
      onTestFinished(async () => await server.stop());
      const sql = server.sql();
      await sql.unsafe(`alter role ${server.username} superuser`);
      // A slot waits for all who were writing when it was begun.
      const writer = await sql.reserve();
      await writer`begin`;
      await writer`create table never (id int)`;
      const program = world.run(ALLOWED);
      const { host, port, database: name, username, password } = server;
      const slot = { ...slotInput(), create_if_missing: true };
      const input = { host, port, name, username, password, ssl_mode: 'disable', replication_slots: [slot] };
      const gone = new AbortController();
      const answer = fetch(`${await program.url()}/v1/projects/${projectId}/databases`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${world.organization.owner.token}`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify(input),
        signal: gone.signal,
      }).then(
        ({ status }) => status,
        () => 'gone',
      );
      const slots = async () => (await sql`select from pg_replication_slots`).length;
      await expect.poll(slots, { timeout: 10_000 }).toBe(1);
      const before = performance.now();
      if (who === 'who is gone') gone.abort();
      program.signal('SIGTERM');
      expect(await answer).toBe(who === 'who waits' ? 503 : 'gone');
      expect(await program.ended).toBe(0);
      expect(performance.now() - before).toBeLessThan(SOON_MS);
      expect(await slots()).toBe(0);
      expect(await sql`select from pg_publication`).toHaveLength(0);
      expect(levels(program)).not.toContain('error');
      await writer`rollback`;
      writer.release();
    },
  );
});

describe('a start that cannot be', () => {
  test.each([
    ['a partial issuer', 'AUTH_AUDIENCE', { AUTH_AUDIENCE: '' }],
    ['a malformed port', 'PORT', { PORT: 'eighty' }],
    ['a malformed database URL', 'DATABASE_URL', { DATABASE_URL: 'db.example.com' }],
    ['no vault keys for a given database', 'VAULT_KEYS', { VAULT_KEYS: '' }],
    ['an issuer in the clear', 'AUTH_ISSUER', { AUTH_ISSUER: 'http://issuer.example.com' }],
  ])('for %s exits with 1 and one line that names the variable', async (_what, variable, env) => {
    const program = world.run({ env });
    expect(await program.ended).toBe(1);
    expect(program.stderr()).toMatch(new RegExp(`^headgate: ${variable}: [^\\n]+\\n$`));
    expect(program.stdout()).toBe('');
  });

  test('for a port that is taken exits with 1 and one line', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const program = world.run({ env: { PORT: String(port) } });
    expect(await program.ended).toBe(1);
    expect(program.stderr()).toMatch(/^headgate: PORT: [^\n]+\n$/);
    await new Promise((resolve) => taken.close(resolve));
  });

  test('for a command that does not exist exits with 1 and one line that lists those that do', async () => {
    const program = world.run({ args: ['rotate'] });
    expect(await program.ended).toBe(1);
    expect(program.stderr()).toMatch(/^headgate: command: [^\n]*start, rotate-vault-keys, limits\n$/);
  });

  test('for a database that is not there exits with 1, and does not print its password', async () => {
    const url = new URL(world.databaseUrl);
    const { password } = url;
    url.port = '1';
    const program = world.run({ env: { DATABASE_URL: url.href } });
    expect(await program.ended).toBe(1);
    expect(program.stderr()).not.toBe('');
    expect(program.stdout() + program.stderr()).not.toContain(password);
  });
});
