/** What a snapshot leaves out: what was not asked for, what cannot be read, and what is too much. */
import { setImmediate as turn } from 'node:timers/promises';
import { ensurePgBouncer, startPgBouncer, startUpstream } from '@headgate/testing/upstreams';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UpstreamError, createUpstream, readCatalog, type Connection } from '../src/index.ts';
import { writeBody } from '../src/introspect/body.ts';
import { createScene, find, partOf, takeOn, toldBy, type Scene } from './introspect-support.ts';

const PATIENCE_MS = 30_000;

async function createOwnScene(ddl: string): Promise<Scene> {
  const scene = await createScene(ddl);
  onTestFinished(async () => await scene.close());
  return scene;
}

describe('which schemas', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await createScene(`
      create schema a; create schema b; create schema "b'; drop schema a cascade; --"; create schema "{a,b}";
      create table a.one (x int); create table b.two (x int); create table "b'; drop schema a cascade; --".three ();
    `);
  });
  afterAll(async () => await scene.close());

  const INJECTED = "b'; drop schema a cascade; --";
  const ALL = ['a', 'b', INJECTED, 'public', '{a,b}'];

  test.each([
    ['all, when none is excluded', {}, ALL],
    ['those that are asked for', { schemas: ['b', 'a'] }, ['a', 'b']],
    ['all but those that are excluded', { excludedSchemas: ['a', 'public'] }, ['b', INJECTED, '{a,b}']],
    ['what is asked for, also when it is excluded', { schemas: ['a'], excludedSchemas: ['a'] }, ['a']],
    ['names that look like something else', { schemas: [INJECTED, '{a,b}'] }, [INJECTED, '{a,b}']],
    [
      'names that look like something else, excluded',
      { excludedSchemas: [INJECTED, '{a,b}'] },
      ['a', 'b', 'public'],
    ],
  ])('%s', async (_case, choice, expected) => {
    const snapshot = await scene.take(choice);
    const told = (await toldBy(snapshot)).filter(({ section }) => section === 'schema');
    expect(told.map(({ name }) => name)).toEqual(expected);
    expect(snapshot.skipped).toEqual([]);
    const connection = await scene.connect();
    const reading = { since: performance.now(), excludedSchemas: [], ...choice };
    const { relations } = await readCatalog(connection, reading);
    await connection.close();
    const withTables = expected.filter((name) => ['a', 'b', INJECTED].includes(name));
    expect(relations.map(({ schema }) => schema)).toEqual(withTables);
  });

  test.each(['pg_catalog', 'information_schema', 'pg_toast', 'nowhere', "'", '\\', '$1', 'a.one', 'A'])(
    '%s is none to be looked at, and is told as skipped',
    async (name) => {
      const snapshot = await scene.take({ schemas: [name] });
      expect(snapshot.counts).toMatchObject({ schemas: 0, relations: 0 });
      expect(snapshot.skipped).toEqual([
        {
          part: 'schema',
          schema: name,
          what: `schema ${name}`,
          reason: expect.stringContaining('none of this name') as string,
        },
      ]);
    },
  );
});

describe('what cannot be read is skipped and told, and the rest is there', () => {
  const TABLES = `
    create table kept (x int default 1 + 1, check (x > 0));
    create table other (x int default 1 + 1 primary key, check (x > 0));
    create index on other (x) where x > 1;
  `;

  test('a table that is being altered, for which nobody waits', async () => {
    const scene = await createOwnScene(TABLES);
    await scene.sql.begin(async (sql) => {
      await sql`alter table other add column y int`;
      const snapshot = await scene.take();
      const whats = snapshot.skipped.map(({ what }) => what);
      expect(whats.length).toBeGreaterThan(0);
      expect(whats.every((what) => what.endsWith('public.other'))).toBe(true);
      const kept = await find(snapshot, 'kept');
      expect(partOf(kept.columns, 'x')).toMatchObject({ default: '(1 + 1)' });
      expect(kept.constraints).toHaveLength(1);
      expect(snapshot.truncated).toBe(false);
    });
  });

  test('a table that is dropped while it is read', async () => {
    const scene = await createOwnScene(TABLES);
    const connection = await scene.connect();
    const snapshot = await takeOn(
      before(connection, /from pg_attrdef|pg_attrdef ad/, async () => await scene.sql`drop table other`),
    );
    expect((await toldBy(snapshot)).map(({ name }) => name)).toEqual(['public', 'kept']);
    expect(snapshot.skipped).toContainEqual({
      ...{ part: 'relation', schema: 'public', name: 'other' },
      ...{ what: 'public.other', reason: 'it was dropped while it was read' },
    });
    expect(partOf((await find(snapshot, 'kept')).columns, 'x')).toMatchObject({ default: '(1 + 1)' });
  });

  test.each([
    ['pg_constraint', ['types', 'constraints of all relations'], 'constraints'],
    ['pg_attrdef', ['columns of all relations'], 'columns'],
  ] as const)('a catalog that the role may not see: %s', async (catalog, whats, part) => {
    const scene = await createOwnScene(TABLES);
    const stranger = await createStranger(scene);
    await scene.sql.unsafe(`revoke select on pg_catalog.${catalog} from public`);
    const snapshot = await takeOn(await scene.connect(stranger));
    const reason = `permission denied for table ${catalog}`;
    expect(snapshot.skipped).toEqual(whats.map((what) => ({ part: what.split(' ', 1)[0], what, reason })));
    expect(await find(snapshot, 'kept')).toMatchObject({ not_read: [part], [part]: [] });
    expect((await find(snapshot, 'other')).indexes).toHaveLength(2);
  });

  test('but without a list of the relations there is no snapshot', async () => {
    const scene = await createOwnScene(TABLES);
    const stranger = await createStranger(scene);
    await scene.sql`revoke select on pg_catalog.pg_class from public`;
    await expect(takeOn(await scene.connect(stranger))).rejects.toMatchObject({
      message: 'permission denied for table pg_class',
    });
  });

  test('a role without any right sees what the owner sees', async () => {
    const scene = await createOwnScene(`
      ${TABLES}
      create type mood as enum ('ok');
      create schema closed; create table closed.secret (id int primary key, what text default 'x');
      create view closed.known as select what from closed.secret;
      revoke all on schema public from public;
    `);
    const stranger = await createStranger(scene);
    const ownerHash = (await scene.take()).hash;
    const seen = await takeOn(await scene.connect(stranger));
    expect(seen).toMatchObject({ hash: ownerHash, skipped: [], truncated: false });
    const connection = await scene.connect(stranger);
    await expect(connection.query('select * from closed.secret')).rejects.toMatchObject({
      sqlState: '42501',
    });
    await connection.close();
  });
});

/** A role that may connect and nothing else. */
async function createStranger({ sql }: Scene) {
  const username = `stranger_${crypto.randomUUID().replaceAll('-', '')}`;
  await sql.unsafe(`create role ${username} login password 'stranger'`);
  onTestFinished(async () => {
    await sql.unsafe(`drop role ${username}`);
  });
  return { username, password: 'stranger' };
}

/** A connection on which something happens before a statement, once; it may put another one in its place. */
function before(
  connection: Connection,
  statement: RegExp,
  work: (text: string) => Promise<unknown>,
): Connection {
  let isDone = false;
  return {
    ...connection,
    query: async (...query) => await connection.query(...query),
    each: async (text, parameters, onRow) => {
      let asked = text;
      if (!isDone && statement.test(text)) {
        isDone = true;
        const other = await work(text);
        if (typeof other === 'string') asked = other;
      }
      await connection.each(asked, parameters, onRow);
    },
    close: async () => await connection.close(),
  };
}

describe('what is too much', () => {
  test('a text of any length is told as far as it is read', async () => {
    const scene = await createOwnScene('create table a (x text); create view v as select 1 as x');
    const long = 'x'.repeat(2 * 1024 * 1024);
    await scene.sql.unsafe(`
      alter table a alter x set default '${long}'; comment on table a is '${long}';
      create or replace view v as select 1 as x where '${long}' = '';
    `);
    const snapshot = await scene.take();
    expect(snapshot).toMatchObject({ truncated: false, skipped: [] });
    const { comment, columns } = await find(snapshot, 'a');
    expect(comment).toBe(long.slice(0, 100_000));
    expect(partOf(columns, 'x')['default']).toBe(`'${long.slice(0, 99_999)}`);
    expect((await find(snapshot, 'v'))['definition']).toHaveLength(100_000);
  });

  test('rows of one statement beyond 24 MiB end the snapshot, which tells what it has', async () => {
    const wide = Array.from({ length: 1300 }, (_, index) => `c${index} int`).join(',');
    const long = 'x'.repeat(100_000);
    const defaults = Array.from({ length: 260 }, (_, index) => `c${index} text default '${long}'`);
    const scene = await createOwnScene(`
      create table a (${wide}); create table b (${wide}); create table c (${wide}); create table d (${wide});
      create table e (${defaults.join(',')});
    `);
    const connection = await scene.connect();
    // However loaded the machine is, it is not the time that is up.
    const unhurried = async () => await connection.query('set local statement_timeout = 0');
    const snapshot = await takeOn(before(connection, /from pg_namespace/, unhurried));
    expect(snapshot).toMatchObject({ truncated: true, counts: { relations: 3 } });
    expect(snapshot.skipped).toEqual([
      {
        ...{ part: 'relations', what: 'relations behind the first 3 of 5' },
        reason: 'The server sent more than is read.',
      },
    ]);
    expect((await toldBy(snapshot)).map(({ name }) => name)).toEqual(['public', 'a', 'b', 'c']);
  });

  test('a relation that takes more than 2 MiB to tell of is left out, and the rest is there', async () => {
    const long = 'x'.repeat(100_000);
    const defaults = Array.from({ length: 21 }, (_, index) => `c${index} text default '${long}'`);
    const scene = await createOwnScene(`create table a (${defaults.join(',')}); create table b (x int)`);
    const snapshot = await scene.take();
    expect(snapshot).toMatchObject({
      truncated: true,
      skipped: [{ what: 'public.a', reason: 'it takes more than 2 MiB to tell of it' }],
    });
    expect((await toldBy(snapshot)).map(({ name }) => name)).toEqual(['public', 'b']);
  });

  test('as many columns as a table can have are all told', async () => {
    const columns = Array.from({ length: 1600 }, (_, index) => `c${index} int`).join(',');
    const scene = await createOwnScene(`create table a (${columns}); alter table a drop c0`);
    const { truncated, counts } = await scene.take();
    expect({ truncated, columns: counts.columns }).toEqual({ truncated: false, columns: 1599 });
  });

  test('a statement that takes too long ends it too', async () => {
    const scene = await createOwnScene('create table a (x int); create view slow as select 1 as x');
    const connection = await scene.connect();
    const snapshot = await takeOn(
      before(connection, /pg_get_viewdef/, async (text) => {
        await connection.query('set local statement_timeout = 1');
        return text.replace('from pg_class c', 'from pg_sleep(60), pg_class c');
      }),
    );
    expect(snapshot).toMatchObject({ truncated: true, counts: { schemas: 1, relations: 0 } });
    expect(snapshot.skipped).toEqual([
      {
        ...{ part: 'relations', what: 'relations behind the first 0 of 2' },
        reason: 'The server took longer than there is time.',
      },
    ]);
  });

  test('when there is no time left before the first relation is known, that is a failure', async () => {
    const { connect } = await createOwnScene('create table a ()');
    const refusal = await takeOn(await connect(), { since: performance.now() - 11_900 } as never).catch(
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(UpstreamError);
    expect(refusal).toMatchObject({ step: 'server', code: 'timeout' });
  });

  test('two thousand relations are all in a snapshot, and the short form tells as many as it may', async () => {
    const names = Array.from({ length: 2001 }, (_, index) => `t${String(index).padStart(4, '0')}`);
    const scene = await createOwnScene(names.map((name) => `create table ${name} (x int)`).join(';'));
    const told = await toldBy(await scene.take());
    expect(told.slice(1).map(({ name }) => name)).toEqual(names);
    expect(told.at(-1)?.columns).toHaveLength(1);
    const connection = await scene.connect();
    const catalog = await readCatalog(connection, { since: performance.now(), excludedSchemas: [] });
    await connection.close();
    expect(catalog).toMatchObject({ truncated: true, columnCount: 2000 });
    expect(catalog.relations.map(({ name }) => name)).toEqual(names.slice(0, 2000));
  });

  test('however long a body is, others have their turn while it is written', async () => {
    const body = writeBody();
    let turns = 0;
    const over = new AbortController();
    const others = (async () => {
      while (!over.signal.aborted) {
        await turn();
        turns += 1;
      }
    })();
    const structure = JSON.stringify({ name: 'x'.repeat(10_000) });
    for (let line = 0; line < 2000; line += 1) await body.write({ section: 'relation', structure });
    await body.finish();
    over.abort();
    await others;
    // 20 MB in slices of 64 KiB.
    expect(turns).toBeGreaterThan(250);
  });

  test('a body beyond what may be sent is refused, and one that does not compress is refused before that', async () => {
    const line = (size: number) => ({ section: 'relation' as const, structure: 'x'.repeat(size) });
    const long = writeBody();
    await expect(
      (async () => {
        for (;;) await long.write(line(1024 * 1024));
      })(),
    ).rejects.toMatchObject({ code: 'too_much', message: 'A snapshot has at most 96 MiB.' });
    const dense = writeBody();
    await expect(
      (async () => {
        for (;;) {
          const bytes = crypto.getRandomValues(new Uint8Array(60_000));
          await dense.write({ section: 'relation', structure: Buffer.from(bytes).toString('base64') });
        }
      })(),
    ).rejects.toMatchObject({ code: 'too_much', message: 'A snapshot has at most 8 MiB.' });
  });
});

const hasPgBouncer = await ensurePgBouncer();

describe.skipIf(!hasPgBouncer)('through PgBouncer in transaction mode', () => {
  test('a snapshot is the same as without, and leaves nothing behind', async () => {
    const upstream = await startUpstream();
    onTestFinished(upstream.stop);
    const sql = upstream.sql();
    await sql`create table orders (id int primary key, at timestamptz default '2020-01-01 00:00+00')`;
    const bouncer = await startPgBouncer(upstream, { settings: { default_pool_size: '1' } });
    onTestFinished(bouncer.stop);
    const door = createUpstream({ allowedCidrs: ['127.0.0.0/8'] });
    const take = async (port: number) => {
      const { host, database, username, password } = upstream;
      const target = { host, port, database, username, password, sslMode: 'disable' } as const;
      return await takeOn(await door.connect(target, { signal: AbortSignal.timeout(PATIENCE_MS) }));
    };
    const direct = await take(upstream.port);
    // With one connection of the server for all, what one leaves behind the next would see.
    for (const port of [bouncer.port, bouncer.port]) {
      expect(await take(port)).toMatchObject({ hash: direct.hash, skipped: [] });
    }
    const target = { ...bouncer, sslMode: 'disable' } as const;
    const connection = await door.connect(target, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const settings = await connection.query(
      `select current_setting('search_path') as path, current_setting('statement_timeout') as timeout`,
    );
    await connection.close();
    expect(settings).toEqual([{ path: '"$user", public', timeout: '0' }]);
  });
});
