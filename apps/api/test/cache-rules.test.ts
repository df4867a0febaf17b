import { Worker } from 'node:worker_threads';
import { newId, type CacheRule, type CacheRuleAnswer, type CacheRuleList } from '@headgate/schema';
import { uniqueName } from '@headgate/testing';
import postgres from 'postgres';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { auditOf, expectRefusal, rows, tokenFor, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
/** The owner of the schema, in place of the data plane, which will report what it has seen. */
const schemaOwner = postgres(api.databaseUrl, {
  max: 1,
  onnotice: () => {},
  connection: { search_path: 'headgate' },
});
afterAll(async () => await schemaOwner.end());
const SQL = "SELECT Name FROM countries /* all */ WHERE code = 'CH'";

/** A database of the test's own, and its rules. */
async function useRules() {
  const { id } = await api.createDatabase(owner, projectId);
  const path = `/v1/projects/${projectId}/databases/${id}/cache-rules`;
  const create = async (body: object = {}, headers: Record<string, string> = {}) =>
    await api.send<CacheRuleAnswer>('POST', path, {
      as: owner,
      body: { sql: SQL, cache_enabled: true, ...body },
      headers,
    });
  const list = async (query = '') =>
    (await api.send<CacheRuleList>('GET', `${path}${query}`, { as: owner })).body;
  const put = async (hash: string, body: object, headers: Record<string, string> = {}) =>
    await api.send<CacheRuleAnswer>('PUT', `${path}/${hash}`, { as: owner, body, headers });
  const remove = async (hash: string, headers: Record<string, string> = {}) =>
    await api.send('DELETE', `${path}/${hash}`, { as: owner, headers });
  const made = async (body?: object) => (await create(body)).body.entry;
  return { id, path, create, list, put, remove, made };
}

describe('a rule that is made before any traffic', () => {
  test('is answered whole, with nothing seen yet, where it lies and its version', async () => {
    const { create, path, list } = await useRules();
    const answer = await create({ cache_ttl_seconds: 300 });
    const now = api.clock.now().toISOString();
    const entry = {
      query_hash: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      normalized_sql: 'select name from countries where code = $1',
      query_type: 'read',
      cache_enabled: true,
      cache_ttl_seconds: 300,
      cache_swr_seconds: null,
      call_count: 0,
      avg_latency_ms: 0,
      p95_latency_ms: 0,
      avg_response_bytes: 0,
      stability_rate: 0,
      recommendation: 'poor',
      first_seen_at: now,
      last_seen_at: now,
    };
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body).toEqual({ entry });
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('location')).toBe(`${path}/${answer.body.entry.query_hash}`);
    expect((await list()).entries).toEqual([answer.body.entry]);
  });

  test('is one for all spellings of its statement: the second is a conflict that names the hash and the way out', async () => {
    const { create, made, list } = await useRules();
    const entry = await made();
    const again = await create({
      sql: "select NAME\nfrom Countries where CODE='DE'; -- c",
      cache_enabled: false,
    });
    const { message } = expectRefusal(again, { code: 'CONFLICT' });
    expect(message).toContain(entry.query_hash);
    expect(message).toContain('PUT');
    expect((await list()).entries).toEqual([entry]);
  });

  test('is one of each database: another may have the same', async () => {
    const [one, other] = [await useRules(), await useRules()];
    expect((await one.made()).query_hash).toBe((await other.made()).query_hash);
    expect((await one.list()).entries).toHaveLength(1);
  });

  test('leaves an audit entry, and of the literals of its statement nothing anywhere', async () => {
    const { id, create } = await useRules();
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const secret = 'Grünwald-4711';
    const { body } = await create({ sql: `SELECT a FROM t WHERE b = '${secret}' -- ${secret}` }, headers);
    const [entry, ...others] = await auditOf(api, `${id}/${body.entry.query_hash}`);
    expect(entry).toMatchObject({
      action: 'cacheRule.create',
      actor_id: owner.userId,
      before: null,
      after: body.entry,
    });
    expect(others).toEqual([]);
    await create({ sql: `SELECT a FROM t WHERE '${secret}` });
    await create({ sql: `SELECT '${secret}' '${secret}'` });
    for (const table of ['cache_rules', 'audit_entries', 'idempotency_records']) {
      const [{ text } = { text: '' }] = await rows<{ text: string }>(
        api,
        `select string_agg(t::text, ' ') as text from ${table} t`,
      );
      expect(text, table).not.toContain(secret);
    }
    expect(api.logs()).not.toContain(secret);
  });

  test('is made once for one idempotency key, and its answer is given again, also when the rule is gone', async () => {
    const { create, remove, list } = await useRules();
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await create({}, headers);
    const second = await create({}, headers);
    expect(second.body).toEqual(first.body);
    expect(second.status).toBe(201);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.headers.get('etag')).toBe('"1"');
    await remove(first.body.entry.query_hash);
    expect((await create({}, headers)).body).toEqual(first.body);
    expect((await list()).entries).toEqual([]);
    expectRefusal(await create({ sql: 'SELECT 2 FROM t' }, headers), { code: 'CONFLICT' });
  });

  test('is answered again by its idempotency key also when its database is gone', async () => {
    const { id, create } = await useRules();
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await create({}, headers);
    expect(first.status, first.text).toBe(201);
    await api.send('DELETE', `/v1/projects/${projectId}/databases/${id}`, { as: owner });
    const second = await create({}, headers);
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expectRefusal(await create(), { code: 'NOT_FOUND' });
  });

  test('is refused to whoever may not make it before its statement is looked at', async () => {
    const { id, path, create } = await useRules();
    const body = { sql: 'selec 1', cache_enabled: true };
    using asked = vi.spyOn(Worker.prototype, 'postMessage');
    const token = await tokenFor(api, owner, { role: 'viewer' });
    expectRefusal(await api.send('POST', path, { token, body }), { code: 'FORBIDDEN' });
    const stranger = await tokenFor(api, owner, { orgId: uniqueName('org') });
    expectRefusal(await api.send('POST', path, { token: stranger, body }), { code: 'NOT_FOUND' });
    const elsewhere = path.replace(id, newId('db'));
    expectRefusal(await api.send('POST', elsewhere, { as: owner, body }), { code: 'NOT_FOUND' });
    expect(asked).not.toHaveBeenCalled();
    expectRefusal(await create(body), { code: 'INVALID_INPUT', field: 'sql' });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test('is made by one of twenty who ask at once', async () => {
    const { create, list } = await useRules();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => await create({ sql: `${SQL} -- ${index}` })),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    expect((await list()).entries).toHaveLength(1);
  });

  test('needs a database that is configured, which the refusal says how to come by', async () => {
    const body = {
      name: 'blank',
      org_id: owner.orgId,
      database: { host: '', port: 0, name: '', username: '' },
    };
    const project = await api.send<any>('POST', '/v1/projects', {
      as: owner,
      body: { ...body, cloud: 'aws' },
    });
    expect(project.status, project.text).toBe(201);
    const path = `/v1/projects/${project.body.project.id}/databases/${project.body.database.id}/cache-rules`;
    const rule = { sql: SQL, cache_enabled: true };
    const refused = await api.send('POST', path, { as: owner, body: rule });
    expect(expectRefusal(refused, { code: 'CONFLICT' }).message).toContain('PATCH');
    expect((await api.send<CacheRuleList>('GET', path, { as: owner })).body).toEqual({ entries: [] });
  });

  test('may be enabled while the cache of its database is off: the contract says that it waits for it', async () => {
    const document = (await api.send<any>('GET', '/openapi.json')).body;
    const { description } = document.components.schemas.CacheRuleEntry.properties.cache_enabled;
    expect(description).toContain('only while');
    expect((await (await useRules()).made()).cache_enabled).toBe(true);
  });
});

test('a burst of the longest statements keeps nobody else waiting, and who comes too late is told when to come again', async () => {
  const { create, list } = await useRules();
  const headers = { 'Idempotency-Key': crypto.randomUUID() };
  const first = await create({}, headers);
  const longest = `SELECT a FROM t WHERE b IN (${'1,'.repeat(4980)}1)`;
  const state = { isDone: false };
  const burst = Promise.all(Array.from({ length: 60 }, async () => await create({ sql: longest })));
  void burst.finally(() => (state.isDone = true));
  const replays = Promise.all(Array.from({ length: 10 }, async () => await create({}, headers)));
  let answered = 0;
  while (!state.isDone) {
    expect((await api.send('GET', '/livez')).status).toBe(200);
    answered += 1;
  }
  // Between two statements on the thread that answers, one or two could be answered.
  expect(answered).toBeGreaterThan(150);
  const answers = await burst;
  const late = answers.filter(({ status }) => status === 503);
  for (const answer of late) {
    expectRefusal(answer, { code: 'UNAVAILABLE' });
    expect(answer.headers.get('retry-after')).toBe('2');
  }
  expect(late).not.toEqual([]);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status }) => ![201, 409, 503].includes(status))).toEqual([]);
  for (const replay of await replays) expect([replay.status, replay.body]).toEqual([201, first.body]);
  expect((await list()).entries).toHaveLength(2);
});

describe('how many rules a database may have', () => {
  /** Rules as if so many had been made. */
  async function fill(databaseId: string, count: number): Promise<void> {
    await schemaOwner`
      insert into cache_rules (org_id, project_id, database_id, query_hash, normalized_sql, query_type, cache_enabled, created_at, updated_at)
      select d.org_id, d.project_id, d.id, lpad(to_hex(n), 16, '0'), 'select ' || n, 'read', true, now(), now()
      from databases d, generate_series(1, ${count}::integer) n where d.id = ${databaseId}
    `;
  }

  test('of twenty who ask for the last one at once, one gets it, and a deleted one makes room', async () => {
    const { id, create, remove } = await useRules();
    await fill(id, 999);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => await create({ sql: `SELECT a${index} FROM t` })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      const { message } = expectRefusal(answer, { code: 'LIMIT_EXCEEDED' });
      expect(message).toContain('cache_rules_per_database is 1000, and there are 1000');
    }
    expect((await remove('1'.padStart(16, '0'))).status).toBe(204);
    expect((await create({ sql: 'SELECT one_more FROM t' })).status).toBe(201);
  });
});

describe('replacing a rule', () => {
  test('sets what is given and makes null what is not', async () => {
    const { id, made, put, list } = await useRules();
    const entry = await made({ cache_ttl_seconds: 300, cache_swr_seconds: 20 });
    api.clock.advance(1000);
    const answer = await put(entry.query_hash, { cache_enabled: false, cache_swr_seconds: 30 });
    const expected = { ...entry, cache_enabled: false, cache_ttl_seconds: null, cache_swr_seconds: 30 };
    expect(answer.body).toEqual({ entry: expected });
    expect(answer.headers.get('etag')).toBe('"2"');
    expect((await list()).entries).toEqual([expected]);
    const [, update] = await auditOf(api, `${id}/${entry.query_hash}`);
    expect(update).toMatchObject({ action: 'cacheRule.update' });
    expect(update?.before).toEqual({ cache_enabled: true, cache_ttl_seconds: 300, cache_swr_seconds: 20 });
    expect(update?.after).toEqual({ cache_enabled: false, cache_ttl_seconds: null, cache_swr_seconds: 30 });
  });

  test('by what it is leaves no trace', async () => {
    const { id, made, put } = await useRules();
    const entry = await made({ cache_ttl_seconds: 0 });
    const answer = await put(entry.query_hash, {
      cache_enabled: true,
      cache_ttl_seconds: 0,
      cache_swr_seconds: null,
    });
    expect(answer.body).toEqual({ entry });
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(await auditOf(api, `${id}/${entry.query_hash}`)).toHaveLength(1);
  });

  test('keeps what was seen of its statement', async () => {
    const { id, made, put } = await useRules();
    const { query_hash: hash } = await made();
    await schemaOwner`
      update cache_rules set call_count = 9007199254740991, avg_latency_ms = 12.5, p95_latency_ms = 40.25,
        avg_response_bytes = 5000000000, stability_rate = 0.99, last_seen_at = created_at + interval '1 hour'
      where database_id = ${id}
    `;
    const { entry } = (await put(hash, { cache_enabled: false })).body;
    expect(entry).toMatchObject({
      call_count: Number.MAX_SAFE_INTEGER,
      avg_latency_ms: 12.5,
      p95_latency_ms: 40.25,
      avg_response_bytes: 5_000_000_000,
      stability_rate: 0.99,
      recommendation: 'great',
    });
    expect(Date.parse(entry.last_seen_at) - Date.parse(entry.first_seen_at)).toBe(3_600_000);
  });

  test('is done by one of twenty who hold the same version', async () => {
    const { made, put } = await useRules();
    const { query_hash: hash } = await made();
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, index) =>
          await put(hash, { cache_enabled: true, cache_ttl_seconds: index }, { 'If-Match': '"1"' }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 19 }, () => 412),
    ]);
  });

  test('of a statement that has none is a 404 that says how to make one', async () => {
    const { put, remove, list } = await useRules();
    const { message } = expectRefusal(await put('0'.repeat(16), { cache_enabled: true }), {
      code: 'NOT_FOUND',
    });
    expect(message).toContain('POST');
    expect(message).toContain('`sql`');
    expectRefusal(await remove('0'.repeat(16)), { code: 'NOT_FOUND' });
    expect((await list()).entries).toEqual([]);
  });

  test("does not find the rule of another database of one's own", async () => {
    const [one, other] = [await useRules(), await useRules()];
    const { query_hash: hash } = await one.made();
    expectRefusal(await other.put(hash, { cache_enabled: false }), { code: 'NOT_FOUND' });
    expectRefusal(await other.remove(hash), { code: 'NOT_FOUND' });
    expect((await one.list()).entries).toHaveLength(1);
  });
});

describe('deleting a rule', () => {
  test('is for good: it is gone from the list and from the table, and can be made anew', async () => {
    const { id, made, remove, list } = await useRules();
    const entry = await made();
    const answer = await remove(entry.query_hash, { 'If-Match': '"1"' });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await list()).entries).toEqual([]);
    expect(await rows(api, 'select 1 from cache_rules where database_id = $1', [id])).toEqual([]);
    const [, deletion] = await auditOf(api, `${id}/${entry.query_hash}`);
    expect(deletion).toMatchObject({ action: 'cacheRule.delete', before: entry, after: null });
    expectRefusal(await remove(entry.query_hash), { code: 'NOT_FOUND' });
    expect((await made()).query_hash).toBe(entry.query_hash);
  });

  test('of another version than the present one is refused, and deletes nothing', async () => {
    const { made, put, remove, list } = await useRules();
    const { query_hash: hash } = await made();
    await put(hash, { cache_enabled: false });
    expectRefusal(await remove(hash, { 'If-Match': '"1"' }), { code: 'PRECONDITION_FAILED' });
    expectRefusal(await put(hash, { cache_enabled: true }, { 'If-Match': '"1"' }), {
      code: 'PRECONDITION_FAILED',
    });
    expect((await list()).entries).toMatchObject([{ cache_enabled: false }]);
    expect((await remove(hash, { 'If-Match': '*' })).status).toBe(204);
  });

  test('is not needed when the database goes: its rules come back with it, and are found by nobody meanwhile', async () => {
    const { id, path, made, list } = await useRules();
    const entry = await made();
    const database = `/v1/projects/${projectId}/databases/${id}`;
    await api.send('DELETE', database, { as: owner });
    for (const [method, at, body] of [
      ['GET', path, undefined],
      ['POST', path, { sql: 'SELECT 1', cache_enabled: true }],
      ['PUT', `${path}/${entry.query_hash}`, { cache_enabled: false }],
      ['DELETE', `${path}/${entry.query_hash}`, undefined],
    ] as const)
      expectRefusal(await api.send(method, at, { as: owner, body }), { code: 'NOT_FOUND' });
    await api.send('POST', `${database}/restore`, { as: owner });
    expect((await list()).entries).toEqual([entry]);
  });
});

describe('the list of rules', () => {
  test('is paged by 20, newest first, and complete, also where many are of one moment', async () => {
    const { made, list } = await useRules();
    const hashes: string[] = [];
    for (let index = 0; index < 25; index += 1) {
      if (index % 5 === 0) api.clock.advance(1);
      hashes.push((await made({ sql: `SELECT a${index} FROM t` })).query_hash);
    }
    const first = await list();
    const second = await list(`?page_token=${first.next_page_token}`);
    expect([first.entries.length, second.entries.length]).toEqual([20, 5]);
    expect(second.next_page_token).toBeUndefined();
    const all = [...first.entries, ...second.entries];
    const order = (entry: CacheRule) => `${entry.first_seen_at} ${entry.query_hash}`;
    expect(all.map(order)).toEqual(all.map(order).toSorted().toReversed());
    expect(all.map((entry) => entry.query_hash).toSorted()).toEqual(hashes.toSorted());
  });

  test('stays whole when rules come and go between two pages', async () => {
    const { made, remove, list } = await useRules();
    const entries: CacheRule[] = [];
    for (let index = 0; index < 4; index += 1) {
      api.clock.advance(1);
      entries.push(await made({ sql: `SELECT b${index} FROM t` }));
    }
    const first = await list('?page_size=2');
    api.clock.advance(1);
    await made({ sql: 'SELECT newer FROM t' });
    await remove(first.entries[1]?.query_hash ?? '');
    const second = await list(`?page_size=2&page_token=${first.next_page_token}`);
    expect(second.entries).toEqual([entries[1], entries[0]]);
  });

  test("takes no token of another list, and another database's list is another list", async () => {
    const [one, other] = [await useRules(), await useRules()];
    for (let index = 0; index < 2; index += 1) await one.made({ sql: `SELECT a${index} FROM t` });
    const { next_page_token: token } = await one.list('?page_size=1');
    const answer = await api.send('GET', `${other.path}?page_token=${token}`, { as: owner });
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'page_token' });
  });

  test('is read by a viewer, who changes nothing in it', async () => {
    const { path, made, list } = await useRules();
    const entry = await made();
    const token = await tokenFor(api, owner, { role: 'viewer' });
    expect((await api.send('GET', path, { token })).body).toEqual({ entries: [entry] });
    const at = `${path}/${entry.query_hash}`;
    const body = { cache_enabled: false };
    expectRefusal(await api.send('PUT', at, { token, body }), { code: 'FORBIDDEN' });
    expectRefusal(await api.send('DELETE', at, { token }), { code: 'FORBIDDEN' });
    const rule = { sql: 'SELECT 1', ...body };
    expectRefusal(await api.send('POST', path, { token, body: rule }), { code: 'FORBIDDEN' });
    expect((await list()).entries).toEqual([entry]);
  });
});
