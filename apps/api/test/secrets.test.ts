import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, databaseInput, uniqueName } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { call, createWorld, type Program, type World } from './program.ts';
import { found } from '@headgate/testing/secret-forms';

const client = await (await createAuthority()).issue({ name: 'app' });

/** Marked passwords: in clear, with characters that are encoded somewhere, long enough to be compressed and moved. */
const SECRETS = {
  created: `${uniqueName('created')}-pa$$word/+ü"\\%`,
  patched: `${uniqueName('patched')}-pa$$word/+ü"\\%`,
  long: `${uniqueName('long')}${'-0123456789abcdef'.repeat(100)}`,
  refused: `${uniqueName('refused')}-pa$$word`,
  failed: `${uniqueName('failed')}-pa$$word`,
  rotated: `${uniqueName('rotated')}-pa$$word/+ü"\\%`,
  // A line of a private key.
  added: client.key.split('\n')[1] ?? '',
};
/** What is no secret and must be found everywhere that the test claims to have looked. */
const HOST = `${uniqueName('host').replace('_', '-')}.example.com`;
const LOUD = `loud-${uniqueName('name')}`;

let world: World;
let program: Program;
/** All answers, with their headers. */
const answers: string[] = [];

beforeAll(async () => {
  world = await createWorld();
  program = world.run({ env: { LOG_LEVEL: 'trace' } });
  await useEverything(await program.url());
  program.signal('SIGTERM');
  await program.ended;
});
afterAll(async () => await world.close());

async function send(
  url: string,
  init: { method?: string; body?: unknown; raw?: string; headers?: Record<string, string> },
) {
  const { token } = world.organization.owner;
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...init.headers };
  const body = init.raw ?? (init.body === undefined ? undefined : JSON.stringify(init.body));
  const response = await fetch(url, {
    method: init.method ?? 'POST',
    headers,
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  answers.push([response.status, ...[...response.headers].flat(), text].join('\n'));
  return { status: response.status, text };
}

/** Sends each password through every door that takes one, and through some that do not. */
async function useEverything(url: string): Promise<void> {
  const { orgId, owner } = world.organization;
  const { body } = await call(`${url}/v1/projects`, {
    token: owner.token,
    body: { name: LOUD, org_id: orgId },
  });
  const databases = `${url}/v1/projects/${body.project.id}/databases`;
  const key = () => ({ 'Idempotency-Key': crypto.randomUUID() });
  const input = (password: string) => databaseInput({ host: HOST, password });

  const headers = key();
  const created = await send(databases, { body: input(SECRETS.created), headers });
  expect(created.status).toBe(201);
  const { id } = JSON.parse(created.text) as { id: string };
  await send(databases, { body: input(SECRETS.created), headers });
  expect((await send(databases, { body: input(SECRETS.refused), headers })).status).toBe(409);
  expect((await send(databases, { body: input(SECRETS.long), headers: key() })).status).toBe(201);
  const withProject = { name: 'with', org_id: orgId, database: input(SECRETS.created) };
  expect((await send(`${url}/v1/projects`, { body: withProject, headers: key() })).status).toBe(201);
  const patch = { method: 'PATCH', body: { password: SECRETS.patched }, headers: key() };
  expect((await send(`${databases}/${id}`, patch)).status).toBe(200);
  await send(`${databases}/${id}`, { method: 'DELETE' });
  await send(`${databases}/${id}/restore`, {});
  await send(`${databases}/${id}`, { method: 'GET' });
  await send(databases, { method: 'GET' });
  await addCertificates(`${url}/v1/projects/${body.project.id}/certificates`);
  const rotation = { password: SECRETS.rotated };
  expect(
    (await send(`${databases}/${id}/rotate-credentials`, { body: rotation, headers: key() })).status,
  ).toBe(422);
  await refusedRequests(databases, id);
  await failingRequests(databases, id);
}

/** A client certificate with its key, and what people do with keys that is refused. */
async function addCertificates(certificates: string): Promise<void> {
  const { certificate, key } = client;
  const input = { name: 'app', kind: 'client', certificate, private_key: key };
  const headers = { 'Idempotency-Key': crypto.randomUUID() };
  const added = await send(certificates, { body: input, headers });
  expect(added.status).toBe(201);
  await send(certificates, { body: input, headers });
  const { id } = JSON.parse(added.text) as { id: string };
  await send(`${certificates}/${id}`, { method: 'GET' });
  await send(certificates, { method: 'GET' });
  for (const refused of [
    { ...input, certificate: key },
    { ...input, certificate: `${certificate}\n${key}` },
    { ...input, kind: 'ca' },
    { ...input, name: key },
    { ...input, private_key: `${key}\n${key}` },
    { ...input, private_key: key.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY') },
    { ...input, key },
  ]) {
    expect((await send(certificates, { body: refused })).status).toBe(400);
  }
  await send(`${certificates}/${id}`, { method: 'DELETE' });
  await send(`${certificates}/${id}/restore`, {});
}

async function refusedRequests(databases: string, id: string): Promise<void> {
  const { refused } = SECRETS;
  const input = databaseInput({ host: HOST, password: refused });
  const requests: Parameters<typeof send>[1][] = [
    { body: { ...input, password: `${refused}\u0000` } },
    { body: { ...input, password: refused.repeat(200) } },
    { body: { ...input, password: [refused] } },
    { body: { ...input, passwort: refused } },
    { body: { ...input, port: refused } },
    { body: { ...input, host: `postgresql://user:${refused}@${HOST}/db` } },
    { body: { ...input, ssl_mode: refused } },
    { body: { ...input, pool_config: { pool_mode: refused } } },
    { raw: `{"password": "${refused}", ` },
    { raw: `password=${refused}` },
    { raw: JSON.stringify(input), headers: { 'Content-Type': 'text/plain' } },
    { raw: JSON.stringify(input), headers: { Authorization: `Bearer ${refused}` } },
    {
      body: input,
      headers: { 'If-Match': `"${refused}"`, 'X-Api-Key': refused, Cookie: `session=${refused}` },
    },
    { body: { ...input, password: refused + 'x'.repeat(2 ** 20) } },
  ];
  for (const request of requests) await send(databases, request).catch(() => undefined);
  expect(
    (
      await send(`${databases}/${id}?password=${refused}`, {
        method: 'PATCH',
        body: { pool_config: { pool_size: 0 }, password: refused },
      })
    ).status,
  ).toBe(400);
  expect(
    (
      await send(`${databases}/db_01h455vb4pex5vsknk084sn02q`, {
        method: 'PATCH',
        body: { password: refused },
      })
    ).status,
  ).toBe(404);
}

/** What fails in the database, while the password is on its way there. */
async function failingRequests(databases: string, id: string): Promise<void> {
  await world.owner.unsafe(`
    create function broken() returns trigger language plpgsql as $$ begin raise exception 'broken: %', new; end $$;
    create trigger broken before insert or update on databases for each row execute function broken();
  `);
  const body = databaseInput({ host: HOST, password: SECRETS.failed });
  expect((await send(databases, { body, headers: { 'Idempotency-Key': crypto.randomUUID() } })).status).toBe(
    500,
  );
  expect(
    (await send(`${databases}/${id}`, { method: 'PATCH', body: { password: SECRETS.failed } })).status,
  ).toBe(500);
  await world.owner`drop trigger broken on databases`;
  await world.owner.unsafe(`alter table databases add constraint never check (host <> '${HOST}') not valid`);
  expect((await send(databases, { body })).status).toBe(500);
  await world.owner`alter table databases drop constraint never`;
}

/** Every row of every table of every schema, as text. */
async function dump(): Promise<string> {
  const tables = await world.owner<{ name: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm')
  `;
  expect(tables.length).toBeGreaterThan(60);
  const rows: string[] = [];
  for (const { name } of tables) {
    const found = await world.owner.unsafe(`select t::text as row from ${name} t`);
    rows.push(...found.map((row) => String(row['row'])));
  }
  return rows.join('\n');
}

/** The files of the server that hold what was written: tables, the write-ahead log, and the server's own log. */
async function serverFiles(): Promise<{ path: string; bytes: Buffer }[]> {
  await world.owner`checkpoint`;
  const root = inject('postgresFiles');
  const [row] = await world.owner`select oid::text from pg_database where datname = current_database()`;
  const folders = [
    join('base', String(row?.['oid'])),
    'pg_wal',
    'global',
    'pg_xact',
    'pg_stat',
    'base/pgsql_tmp',
  ];
  const listed = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true }).catch(
        () => [],
      );
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  const paths = [...listed.flat(), join(root, '..', 'start.log')];
  return await Promise.all(
    paths.map(async (path) => ({ path, bytes: await readFile(path).catch(() => Buffer.alloc(0)) })),
  );
}

describe.each(Object.entries(SECRETS))('the secret that was %s', (_what, secret) => {
  test('is in no row of any table of any schema, audit and idempotency records among them', async () => {
    expect(found(await dump(), secret)).toEqual([]);
  });

  test("is in none of the server's files: tables, write-ahead log, log", async () => {
    for (const { path, bytes } of await serverFiles()) expect(found(bytes, secret), path).toEqual([]);
  });

  test('is in no line that the program wrote at its most talkative level', () => {
    expect(found(program.stdout() + program.stderr(), secret)).toEqual([]);
  });

  test('is in no answer, neither in its headers nor in its body', () => {
    for (const answer of answers) expect(found(answer, secret), answer).toEqual([]);
  });
});

describe('the search', () => {
  test('finds what is no secret in each of the places where it looks', async () => {
    expect(found(await dump(), HOST)).not.toEqual([]);
    const files = await serverFiles();
    const holding = files.filter(({ bytes }) => found(bytes, HOST).length > 0).map(({ path }) => path);
    for (const place of ['/base/', '/pg_wal/', 'start.log']) {
      expect(
        holding.filter((path) => path.includes(place)),
        place,
      ).not.toEqual([]);
    }
    expect(answers.filter((answer) => found(answer, HOST).length > 0).length).toBeGreaterThan(3);
    expect(
      found(program.stdout(), program.log().find(({ msg }) => msg === 'request')?.['request_id'] as string),
    ).not.toEqual([]);
  });

  test.each(Object.keys(SECRETS))('finds each encoded form of a secret (%s)', (name) => {
    const secret = SECRETS[name as keyof typeof SECRETS];
    const bytes = Buffer.from(`a password: ${secret}!`);
    for (const text of [
      bytes.toString(),
      bytes.toString('hex'),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      Buffer.from(secret).toString('base64'),
      encodeURIComponent(bytes.toString()),
      JSON.stringify({ secret }),
      JSON.stringify(JSON.stringify({ secret })),
    ]) {
      expect(found(text, secret), text).not.toEqual([]);
    }
  });

  test('was made where something was written: the passwords are there, sealed', async () => {
    const rows = await world.owner`select sealed_password from databases where sealed_password is not null`;
    expect(rows).toHaveLength(4);
    for (const row of rows)
      expect(Object.keys(JSON.parse(String(row['sealed_password'])) as object)).toContain('ciphertext');
  });
});
