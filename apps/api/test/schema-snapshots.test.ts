import type {
  Database,
  SchemaCatalog,
  SchemaDiff,
  SchemaSnapshot,
  SchemaSnapshotList,
} from '@headgate/schema';
import { newId } from '@headgate/schema';
import { uniqueName } from '@headgate/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { found } from '@headgate/testing/secret-forms';
import { auditOf, expectRefusal, rows, tokenFor, useProject } from './support.ts';
import { inputOf, keyOf, silentServer, useServer } from './upstream-support.ts';

const { api, owner, projectId } = await useProject();
const upstream = await useServer();
const sql = upstream.sql();
const DATABASES = `/v1/projects/${projectId}/databases`;
/** Far below what a token lives. */
const SECOND_MS = 1_000;

/** It looks like the end of a line of a snapshot. */
const COMMENT = 'who buys "things"},"estimates":{}}';

/** A database of the test's own, and a schema of its own on the server. */
let database: Database;
let schema: string;
beforeEach(async () => {
  database = await api.createDatabase(owner, projectId, inputOf(upstream));
  schema = uniqueName('schema');
  await sql.unsafe(`
    create schema ${schema};
    create type ${schema}.mood as enum ('sad', 'ok');
    create table ${schema}.customers (id int primary key, mood ${schema}.mood, photo bytea);
    create index by_mood on ${schema}.customers (mood);
    comment on table ${schema}.customers is '${COMMENT}';
  `);
});

const pathOf = (of: string, { id } = database) => `${DATABASES}/${id}/${of}`;
const get = async <B = Schema>(of: string, headers = {}) =>
  await api.send<B>('GET', pathOf(of), { as: owner, headers });
const introspect = async (body?: object, headers = {}) =>
  await api.send<SchemaSnapshot>('POST', pathOf('introspect'), { as: owner, body, headers });
const take = async () => (await introspect({ schemas: [schema] })).body;

/** What a snapshot holds, as far as these tests look at it. */
interface Schema {
  readonly snapshot: SchemaSnapshot;
  readonly schemas: readonly { readonly name: string }[];
  readonly types: readonly { readonly name: string; readonly values?: readonly string[] }[];
  readonly relations: readonly {
    readonly name: string;
    readonly comment?: string;
    readonly columns: readonly { readonly name: string }[];
    readonly indexes: readonly { readonly name: string }[];
    readonly estimates: object;
  }[];
}

describe('an introspection', () => {
  test('without body and Content-Type takes a snapshot of all, and says what is in it and where it lies', async () => {
    const response = await fetch(`${api.url}${pathOf('introspect')}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${owner.token}` },
    });
    const body = (await response.json()) as SchemaSnapshot;
    expect(response.status).toBe(201);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^snap_/) as string,
      database_id: database.id,
      server_version: expect.stringMatching(/^\d+[.\w]*$/) as string,
      ...{ truncated: false, skipped: [], created_at: api.clock.now().toISOString() },
    });
    expect(body.counts.relations).toBeGreaterThan(0);
    expect(body).not.toHaveProperty('schemas');
    expect(response.headers.get('location')).toBe(`${pathOf('schema')}?snapshot_id=${body.id}`);
    expect(response.headers.get('etag')).toBe(`"${body.id}"`);
    const read = await api.send<Schema>('GET', response.headers.get('location') ?? '', { as: owner });
    expect(read.body.snapshot).toEqual(body);
    expect(read.body.schemas.map(({ name }) => name)).toContain(schema);
  });

  test('of some schemas holds these and no other', async () => {
    const snapshot = await take();
    expect(snapshot).toMatchObject({
      schemas: [schema],
      counts: { ...{ schemas: 1, types: 1, enums: 1, relations: 1 }, columns: 3, constraints: 1, indexes: 2 },
    });
    const { body } = await get('schema');
    expect(body).toMatchObject({
      schemas: [{ name: schema }],
      types: [{ name: 'mood', values: ['sad', 'ok'] }],
      relations: [
        {
          ...{ name: 'customers', estimates: { rows: null, size_bytes: null } },
          comment: COMMENT,
          columns: [{ name: 'id' }, { name: 'mood' }, { name: 'photo' }],
          indexes: [{ name: 'by_mood' }, { name: 'customers_pkey' }],
        },
      ],
    });
  });

  test('passes over the schemas that the database excludes, and over those of its provider when it says nothing', async () => {
    await sql.unsafe('create schema if not exists vault');
    const names = async () => {
      await introspect();
      return (await get('schema')).body.schemas.map(({ name }) => name);
    };
    const set = async (change: object) =>
      await api.send('PATCH', `${DATABASES}/${database.id}`, { as: owner, body: change });
    expect(await names()).toEqual(expect.arrayContaining([schema, 'vault', 'public']));
    await set({ excluded_schemas: [schema] });
    expect(await names()).not.toContain(schema);
    expect((await get('schema')).body.snapshot.excluded_schemas).toEqual([schema]);
    await set({ excluded_schemas: null, provider: 'supabase' });
    expect(await names()).toEqual(expect.arrayContaining([schema]));
    expect(await names()).not.toContain('vault');
    await set({ excluded_schemas: [] });
    expect(await names()).toEqual(expect.arrayContaining([schema, 'vault']));
    expect((await introspect({ schemas: ['vault'] })).body.counts.schemas).toBe(1);
  });

  test('tells since which snapshot nothing has changed', async () => {
    const first = await take();
    expect(first).not.toHaveProperty('unchanged_since');
    api.clock.advance(SECOND_MS);
    expect(await take()).toMatchObject({ hash: first.hash, unchanged_since: first.id });
    await sql.unsafe(`alter table ${schema}.customers add column name text`);
    api.clock.advance(SECOND_MS);
    const changed = await take();
    expect(changed.hash).not.toBe(first.hash);
    expect(changed).not.toHaveProperty('unchanged_since');
  });

  test('keeps the last ten snapshots', async () => {
    const taken: string[] = [];
    for (let count = 0; count < 12; count += 1) {
      api.clock.advance(SECOND_MS);
      taken.push((await take()).id);
    }
    const { body } = await get<SchemaSnapshotList>('schema/snapshots?page_size=100');
    expect(body.snapshots.map(({ id }) => id)).toEqual(taken.toReversed().slice(0, 10));
    expectRefusal(await get(`schema?snapshot_id=${taken[0]}`), { code: 'NOT_FOUND' });
  });

  test('leaves an audit entry that counts and quotes nothing', async () => {
    const { id, hash, counts } = await take();
    expect(await auditOf(api, id)).toEqual([
      expect.objectContaining({
        ...{ action: 'database.introspect', before: null },
        after: { database_id: database.id, hash, counts, truncated: false, schemas: [schema] },
      }),
    ]);
  });

  test('with the idempotency key of another gets the first answer, and takes none', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await introspect({ schemas: [schema] }, headers);
    const again = await introspect({ schemas: [schema] }, headers);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await get<SchemaSnapshotList>('schema/snapshots')).body.snapshots).toHaveLength(1);
  });

  test.each([
    ['schemas', { schemas: [] }],
    ['schemas', { schemas: 'public' }],
    ['schemas[0]', { schemas: [''] }],
    ['schemas[0]', { schemas: ['x'.repeat(64)] }],
    ['schemas[0]', { schemas: ['ü'.repeat(32)] }],
    ['schemas[0]', { schemas: ['a\u0000b'] }],
    ['schemas', { schemas: Array.from({ length: 101 }, (_, index) => `s${index}`) }],
    ['schema', { schema: 'public' }],
  ])('refuses a request whose %s cannot be: %o', async (field, body) => {
    expectRefusal(await introspect(body), { code: 'INVALID_INPUT', field });
  });

  test('of schemas none of which exists is refused by name, and keeps nothing but an audit entry', async () => {
    const refused = await introspect({ schemas: ['nope', 'pg_catalog', 'nope'] });
    const { message } = expectRefusal(refused, { code: 'INVALID_INPUT', field: 'schemas' });
    expect(message).toContain('there is no schema "nope", "pg_catalog"');
    expectRefusal(await get('schema'), { code: 'NOT_FOUND' });
    expect(await auditOf(api, database.id)).toContainEqual(
      expect.objectContaining({
        action: 'database.introspect',
        after: expect.objectContaining({ ok: true, schemas: ['nope', 'pg_catalog'] }) as object,
      }),
    );
  });

  test.each([
    ['does not answer to its name', { host: 'nowhere.example.com' }, /no.*name|not.*found|exist/i],
    ['may not be dialled', { host: '169.254.169.254' }, /public addresses only/],
    ['is not there', { port: 1 }, /Nothing listens/],
    ['refuses the password', { password: 'wrong' }, /password/],
  ])('of a server that %s is a 422 that says so, and keeps nothing', async (_case, over, message) => {
    database = await api.createDatabase(owner, projectId, { ...inputOf(upstream), ...over });
    const refused = await introspect();
    expect(refused.status).toBe(422);
    const error = expectRefusal(refused, { code: 'UPSTREAM_CHECK_FAILED' });
    expect(error.message).toMatch(message);
    const failed = error.checks?.find(({ outcome }) => outcome === 'failed');
    expect(failed).toMatchObject({
      ...{ code: expect.any(String) as string, message: expect.any(String) as string },
      hint: expect.any(String) as string,
    });
    const { host, port } = { ...inputOf(upstream), ...over };
    expect(await auditOf(api, database.id)).toContainEqual(
      expect.objectContaining({
        action: 'database.introspect',
        after: expect.objectContaining({ host, port, ok: false, code: failed?.code }) as object,
      }),
    );
    const kept = await rows(api, 'select from schema_snapshots where database_id = $1', [database.id]);
    expect(kept).toEqual([]);
  });

  test('by a viewer is a 403, and so is one by a key that may only read', async () => {
    const viewer = await tokenFor(api, owner, { role: 'viewer' });
    const key = await keyOf(api, owner, ['databases:read']);
    for (const token of [viewer, key]) {
      expectRefusal(await api.send('POST', pathOf('introspect'), { token }), { code: 'FORBIDDEN' });
      expect((await api.send('GET', pathOf('schema/snapshots'), { token })).status).toBe(200);
      expect((await api.send('GET', pathOf('schema-catalog'), { token })).status).toBe(200);
    }
  });

  test('of a stranger’s database is one of a database that there is not', async () => {
    const { owner: stranger } = await api.createOrganization();
    const missing = await api.send('POST', pathOf('introspect', { ...database, id: newId('db') }), {
      as: stranger,
    });
    const foreign = await api.send('POST', pathOf('introspect'), { as: stranger });
    expect(expectRefusal(foreign, { code: 'NOT_FOUND' }).message).toBe(
      expectRefusal(missing, { code: 'NOT_FOUND' }).message,
    );
  });

  test('ends when its caller goes away, and leaves no connection behind', async () => {
    const server = await silentServer();
    database = await api.createDatabase(owner, projectId, { ...inputOf(upstream), port: server.port });
    const away = new AbortController();
    const asked = fetch(`${api.url}${pathOf('introspect')}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${owner.token}` },
      signal: away.signal,
    }).catch((error: unknown) => error);
    await expect.poll(() => server.open(), { timeout: 20_000 }).toBe(1);
    away.abort();
    await asked;
    await expect.poll(() => server.open(), { timeout: 20_000 }).toBe(0);
  });

  test('shows the password nowhere', async () => {
    await take();
    await sql.unsafe(`drop schema ${schema} cascade`);
    await introspect();
    expect(found(api.logs(), upstream.password)).toEqual([]);
  });
});

describe('a schema', () => {
  test('is a 404 that says what to do until a snapshot was taken', async () => {
    const error = expectRefusal(await get('schema'), { code: 'NOT_FOUND' });
    expect(error.message).toContain('introspect');
  });

  test('is the last snapshot, or the one that is named', async () => {
    const first = await take();
    api.clock.advance(SECOND_MS);
    const last = await take();
    expect((await get('schema')).body.snapshot.id).toBe(last.id);
    expect((await get(`schema?snapshot_id=${first.id}`)).body.snapshot.id).toBe(first.id);
  });

  test('that its reader holds already is a 304', async () => {
    await take();
    const etag = (await get('schema')).headers.get('etag') ?? '';
    const again = await get('schema', { 'If-None-Match': etag });
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    api.clock.advance(SECOND_MS);
    await take();
    expect((await get('schema', { 'If-None-Match': etag })).status).toBe(200);
    expectRefusal(await get('schema', { 'If-None-Match': 'x' }), { code: 'INVALID_INPUT' });
  });

  test('of nothing is whole too', async () => {
    const empty = uniqueName('empty');
    await sql.unsafe(`create schema ${empty}`);
    await introspect({ schemas: [empty, 'nowhere', empty] });
    const { body } = await get('schema');
    expect(body).toMatchObject({ schemas: [{ name: empty }], types: [], relations: [] });
    expect(body.snapshot).toMatchObject({
      schemas: [empty, 'nowhere'],
      skipped: [{ part: 'schema', schema: 'nowhere' }],
    });
  });

  test('is not a snapshot of some schemas while there is one of all', async () => {
    const all = (await introspect()).body;
    api.clock.advance(SECOND_MS);
    const some = await take();
    expect((await get('schema')).body.snapshot.id).toBe(all.id);
    expect((await get(`schema?snapshot_id=${some.id}`)).body.snapshot.id).toBe(some.id);
  });

  test('of many tables is sent whole', async () => {
    const names = Array.from({ length: 600 }, (_, index) => `t${String(index).padStart(3, '0')}`);
    await sql.unsafe(names.map((name) => `create table ${schema}.${name} (x int)`).join(';'));
    const { counts } = await take();
    expect(counts.relations).toBe(601);
    const { body, headers } = await get('schema');
    expect(body.relations.map(({ name }) => name)).toEqual(['customers', ...names]);
    expect(headers.get('content-disposition')).toBeNull();
    await sql.unsafe(`drop schema ${schema} cascade`);
  });

  test.each([newId('snap'), newId('db'), 'x', '%00', 'snap_'])(
    'by an id that names no snapshot (%s) is a 404, or a 400 where it cannot be an id',
    async (id) => {
      await take();
      const { status } = await get(`schema?snapshot_id=${id}`);
      expect([400, 404]).toContain(status);
    },
  );

  test('by the id of a snapshot of another database is a 404', async () => {
    const { id } = await take();
    const other = await api.createDatabase(owner, projectId, inputOf(upstream));
    expectRefusal(await api.send('GET', `${pathOf('schema', other)}?snapshot_id=${id}`, { as: owner }), {
      code: 'NOT_FOUND',
    });
  });
});

describe('the snapshots of a database', () => {
  test('are paged, newest first, and without what they hold', async () => {
    const taken: SchemaSnapshot[] = [];
    for (let count = 0; count < 3; count += 1) {
      api.clock.advance(SECOND_MS);
      taken.push(await take());
    }
    const { body: first } = await get<SchemaSnapshotList>('schema/snapshots?page_size=2');
    expect(first.snapshots).toEqual(taken.toReversed().slice(0, 2));
    const rest = await get<SchemaSnapshotList>(
      `schema/snapshots?page_size=2&page_token=${first.next_page_token}`,
    );
    expect(rest.body).toEqual({ snapshots: [taken[0]] });
    const other = await api.createDatabase(owner, projectId, inputOf(upstream));
    const foreign = await api.send(
      'GET',
      `${pathOf('schema/snapshots', other)}?page_token=${first.next_page_token}`,
      { as: owner },
    );
    expectRefusal(foreign, { code: 'INVALID_INPUT', field: 'page_token' });
  });
});

describe('a comparison', () => {
  test('tells what has changed from one snapshot to another', async () => {
    const from = await take();
    await sql.unsafe(`
      alter table ${schema}.customers drop column photo;
      alter type ${schema}.mood add value 'happy';
      create table ${schema}.orders (id int);
    `);
    api.clock.advance(SECOND_MS);
    const to = await take();
    const { body } = await get<SchemaDiff>(`schema/diff?from=${from.id}&to=${to.id}`);
    expect(body).toMatchObject({
      ...{ from, to, truncated: false },
      changes: [
        {
          ...{ object: 'type', schema, name: 'mood', change: 'changed' },
          differences: [{ part: 'property', name: 'values', after: ['sad', 'ok', 'happy'] }],
        },
        {
          ...{ object: 'relation', schema, name: 'customers', change: 'changed' },
          differences: [{ part: 'column', name: 'photo', change: 'removed' }],
        },
        { object: 'relation', schema, name: 'orders', change: 'added' },
      ],
    });
  });

  test('of equal snapshots tells nothing', async () => {
    const { id } = await take();
    const { id: again } = await take();
    const { body } = await get<SchemaDiff>(`schema/diff?from=${id}&to=${again}`);
    expect(body).toMatchObject({ changes: [], not_compared: [], truncated: false });
  });

  test('leaves out a table that was locked while one of them was taken, and says so', async () => {
    const from = await take();
    api.clock.advance(SECOND_MS);
    const to = await sql.begin(async (locking) => {
      await locking.unsafe(`alter table ${schema}.customers alter mood set not null`);
      return await take();
    });
    expect(to.skipped).toContainEqual(
      expect.objectContaining({ part: 'indexes', schema, name: 'customers' }),
    );
    expect(to).not.toHaveProperty('unchanged_since');
    const held = await get(`schema?snapshot_id=${to.id}`);
    expect(held.body.relations).toEqual([
      expect.objectContaining({ not_read: expect.arrayContaining(['indexes']) as string[] }),
    ]);
    for (const query of [`from=${from.id}&to=${to.id}`, `from=${to.id}&to=${from.id}`]) {
      const { body } = await get<SchemaDiff>(`schema/diff?${query}`);
      expect(body.changes).toEqual([]);
      expect(body.not_compared).toContainEqual({
        ...{ schema, name: 'customers', part: 'indexes' },
        reason: expect.stringContaining('lock timeout') as string,
      });
    }
  });

  test('leaves out the schemas that one of them was not taken of', async () => {
    const other = uniqueName('other');
    await sql.unsafe(`create schema ${other}; create table ${other}.t ()`);
    const from = (await introspect({ schemas: [schema, other] })).body;
    api.clock.advance(SECOND_MS);
    const to = await take();
    const { body } = await get<SchemaDiff>(`schema/diff?from=${from.id}&to=${to.id}`);
    expect(body.changes).toEqual([]);
    expect(body.not_compared).toEqual([{ schema: other, reason: expect.any(String) as string }]);
  });

  test.each([
    ['from', ''],
    ['to', '?from=snap_1'],
    ['from', '?from=&to=snap_1'],
    ['since', '?from=snap_1&to=snap_2&since=x'],
  ])('is refused when %s is missing or not to be: %s', async (field, query) => {
    expectRefusal(await get(`schema/diff${query}`), { code: 'INVALID_INPUT', field });
  });

  test('with a snapshot of another database is a 404', async () => {
    const { id: from } = await take();
    database = await api.createDatabase(owner, projectId, inputOf(upstream));
    const { id: to } = await take();
    expectRefusal(await get(`schema/diff?from=${from}&to=${to}`), { code: 'NOT_FOUND' });
    expectRefusal(await get(`schema/diff?from=${to}&to=${from}`), { code: 'NOT_FOUND' });
  });
});

describe('the catalog', () => {
  test('is what the upstream has now, in the form of the contract', async () => {
    await api.send('PATCH', `${DATABASES}/${database.id}`, { as: owner, body: { excluded_schemas: [] } });
    const { body } = await get<SchemaCatalog>('schema-catalog');
    const own = body.relations.filter((each) => each.schema === schema);
    expect(own).toEqual([
      {
        ...{ schema, name: 'customers', kind: 'table' },
        columns: [
          { name: 'id', data_type: 'integer', is_binary: false },
          { name: 'mood', data_type: `${schema}.mood`, is_binary: false },
          { name: 'photo', data_type: 'bytea', is_binary: true },
        ],
      },
    ]);
    expect(body).toMatchObject({ scanned_relations: body.relations.length, truncated: false });
    expect(body).not.toHaveProperty('error');
  });

  test('leaves out what the database excludes', async () => {
    const body = { excluded_schemas: [schema] };
    await api.send('PATCH', `${DATABASES}/${database.id}`, { as: owner, body });
    const { relations } = (await get<SchemaCatalog>('schema-catalog')).body;
    expect(relations.filter((each) => each.schema === schema)).toEqual([]);
  });

  test('of a server that cannot be read is a 200 that says why', async () => {
    database = await api.createDatabase(owner, projectId, { ...inputOf(upstream), password: 'wrong' });
    const { status, body } = await get<SchemaCatalog>('schema-catalog');
    expect(status).toBe(200);
    expect(body).toEqual({
      ...{ relations: [], scanned_relations: 0, scanned_columns: 0 },
      error: expect.stringContaining('password') as string,
    });
  });
});
