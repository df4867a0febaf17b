import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { Store } from '@headgate/core';
import { newId, type AuditEntry } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { EXPORT_PLACES, STREAM_STALL_TIMEOUT_MS } from '../src/limits.ts';
import { startTestApi, type TestApi } from './harness.ts';
import { expectRefusal, tokenFor } from './support.ts';

/** Several batches, and more than the buffers between the two ends of a connection hold. */
const MANY = 1_600;
const FILLING = 'x'.repeat(12_000);

/** Reads of entries that the test holds up or lets fail, by their number since it began to. */
const reads = { count: 0, before: async (_count: number): Promise<void> => {} };

let base: TestApi;
let api: TestApi;
let schemaOwner: postgres.Sql;
let owner: TestActor;
beforeAll(async () => {
  base = await startTestApi();
  const store: Store = {
    ...base.store,
    read: async (tenants, query) => {
      const { sql } = query.compile();
      if (sql.includes('"created_at" <=') && sql.includes('created_exactly')) {
        reads.count += 1;
        await reads.before(reads.count);
      }
      return await base.store.read(tenants, query);
    },
  };
  api = await startTestApi({ store });
  schemaOwner = postgres(base.databaseUrl, { max: 1, connection: { search_path: 'headgate' } });
});
afterAll(async () => {
  await schemaOwner.end();
  await api.close();
  await base.close();
});
beforeEach(async () => {
  reads.count = 0;
  ({ owner } = await api.createOrganization());
});
afterEach(() => {
  reads.before = async () => {};
  vi.useRealTimers();
});

const path = (query = '') => `/v1/organizations/${owner.orgId}/audit-log/export${query}`;
const download = async (query = '') => await api.send('GET', path(query), { as: owner });
const entriesOf = (text: string) =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as AuditEntry]));

async function fill(count: number, filling = ''): Promise<void> {
  const ids = Array.from({ length: count }, () => newId('aud') as string);
  await schemaOwner`
    insert into audit_entries (id, org_id, actor_kind, actor_id, action, resource_kind, resource_id, after, request_id, created_at)
    select id, ${owner.orgId}, 'user', 'user_1', 'project.update', 'project', 'p', jsonb_build_object('n', n, 'x', ${filling}::text), 'r',
      ${api.clock.now()}::timestamptz - (${count}::int - n) * interval '1 millisecond'
    from unnest(${ids}::text[]) with ordinality as t(id, n)
  `;
}

/** A reader that takes only what it is told to. */
async function open(as = owner): Promise<IncomingMessage> {
  const request = get(`${api.url}/v1/organizations/${as.orgId}/audit-log/export`, {
    agent: false,
    headers: { Authorization: `Bearer ${as.token}` },
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response;
}

const closed = async (response: IncomingMessage) =>
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
  });

const lastLine = () => {
  const lines = api
    .logs()
    .split('\n')
    .filter((line) => line.includes('"msg":"stream"'));
  return JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
};

describe('an export as NDJSON', () => {
  test('holds every entry, oldest first, the export itself at its end, and is a file of its own name', async () => {
    await api.createProject(owner);
    const { headers, text } = await download();
    const entries = entriesOf(text);
    expect(entries.map(({ action }) => action)).toEqual(['project.create', 'organizationAuditLog.export']);
    expect(entries.map(({ position }) => position)).toEqual([1, 2]);
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    const date = api.clock.now().toISOString().slice(0, 10);
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="audit-log-${owner.orgId}-${date}.ndjson"`,
    );
  });

  test('of a project holds what was done in it', async () => {
    const { id } = await api.createProject(owner);
    await api.createProject(owner);
    const { headers, text } = await api.send('GET', `/v1/projects/${id}/audit-log/export`, { as: owner });
    expect(entriesOf(text).map(({ action }) => action)).toEqual(['project.create', 'projectAuditLog.export']);
    expect(headers.get('content-disposition')).toContain(`audit-log-${id}-`);
  });

  test('leaves an entry that says what was taken, also when nothing was', async () => {
    const query = '?format=csv&action=apiKey.revoke&created_after=2026-01-01T00:00:00Z';
    await download(query);
    const [entry] = entriesOf((await download('?action=organizationAuditLog.export')).text);
    expect(entry?.after).toEqual({
      ...{ format: 'csv', action: 'apiKey.revoke', created_after: '2026-01-01T00:00:00.000Z' },
    });
    expect(entriesOf((await download('?action=apiKey.revoke')).text)).toEqual([]);
  });

  test('goes over all batches without loss, in the order of the chain', async () => {
    await fill(MANY);
    const entries = entriesOf((await download()).text);
    expect(entries).toHaveLength(MANY + 1);
    expect(entries.slice(0, MANY).map(({ after }) => after?.['n'])).toEqual(
      Array.from({ length: MANY }, (_, index) => index + 1),
    );
    expect(lastLine()).toMatchObject({ outcome: 'complete' });
  });

  test('ends, however much is written meanwhile, with what there was when it began', async () => {
    await fill(1_200);
    reads.before = async () => {
      api.clock.advance(1);
      await fill(600);
    };
    const entries = entriesOf((await download()).text);
    expect(entries.every(({ created_at: at }) => at < api.clock.now().toISOString())).toBe(true);
    expect(reads.count).toBeLessThan(10);
  });

  test('goes on behind an entry whose time is finer than a millisecond', async () => {
    await fill(1_100);
    await schemaOwner`update audit_entries set created_at = created_at + interval '1 microsecond' where org_id = ${owner.orgId} and (after->>'n')::int in (500, 501, 1000)`;
    const entries = entriesOf((await download()).text);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
    expect(entries).toHaveLength(1_101);
  });

  test.each([`created_at - interval '4000 years'`, `'-infinity'`])(
    'goes on behind an entry whose time is not of the common era (%s)',
    async (time) => {
      await fill(1_100);
      await schemaOwner.unsafe(
        `update audit_entries set created_at = ${time} where org_id = '${owner.orgId}' and (after->>'n')::int <= 700`,
      );
      // Not as a request of the suite's own: there is no such time in the contract.
      const answer = await fetch(`${api.url}${path()}`, {
        headers: { Authorization: `Bearer ${owner.token}` },
      });
      const entries = entriesOf(await answer.text());
      expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
      expect(entries).toHaveLength(1_101);
    },
  );

  test('answers HEAD without a body, and keeps no place for it', async () => {
    for (let each = 0; each < EXPORT_PLACES.perActor * 3; each += 1) {
      const headers = { Authorization: `Bearer ${owner.token}` };
      const answer = await fetch(`${api.url}${path()}`, { method: 'HEAD', headers });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe('');
    }
  });
});

describe('an export as CSV', () => {
  const HEADER =
    'id,org_id,project_id,actor_kind,actor_id,action,resource_kind,resource_id,before,after,request_id,address,created_at,position,hash,previous_hash';

  test('is a table with a line of names, also when it has no other', async () => {
    const { headers, text } = await download('?format=csv&action=apiKey.revoke');
    expect(text).toBe(`${HEADER}\r\n`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toMatch(/\.csv"$/);
  });

  test('holds the fields of an entry, JSON and quotes among them', async () => {
    await fill(1);
    await schemaOwner`update audit_entries set after = '{"name": "a \\"b\\", c\\nd"}' where org_id = ${owner.orgId}`;
    const [entry] = entriesOf((await download()).text);
    const [header, line] = (await download('?format=csv&action=project.update')).text.split('\r\n');
    expect(header).toBe(HEADER);
    const { id, created_at } = entry!;
    const after = '"{""name"":""a \\""b\\"", c\\nd""}"';
    expect(line).toBe(
      `${id},${owner.orgId},,user,user_1,project.update,project,p,,${after},r,,${created_at},,,`,
    );
  });

  test('holds the place of an entry in the chain', async () => {
    await download();
    const [entry] = entriesOf((await download()).text);
    const [, line] = (await download('?format=csv')).text.split('\r\n');
    expect(line).toMatch(new RegExp(`,1,${entry?.hash},${entry?.previous_hash}$`));
  });

  test.each(['=1+1', '+1', '-cmd', '@SUM(A1)', '\t=1', '\r=1'])('makes no formula of %j', async (text) => {
    await fill(1);
    await schemaOwner`update audit_entries set actor_id = ${text}, request_id = ${text} where org_id = ${owner.orgId}`;
    const csv = (await download('?format=csv&action=project.update')).text;
    expect(csv).toContain(`'${text}`);
    expect(csv.replaceAll(`'${text}`, '')).not.toContain(text);
  });

  test('names its file in plain letters, whatever the organization is called', async () => {
    const orgId = 'org "ü/..\\; x';
    const token = await tokenFor(api, owner, { orgId });
    const answer = await api.send('GET', `/v1/organizations/${encodeURIComponent(orgId)}/audit-log/export`, {
      token,
    });
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="audit-log-org____.._*_x-[0-9-]{10}\.ndjson"$/,
    );
  });
});

describe('an export that takes long', () => {
  test('is not cut off by the time of a request', async () => {
    await fill(MANY, FILLING);
    const held = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    reads.before = async (count) => {
      if (count < 3) return;
      arrived.resolve();
      await held.promise;
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    const response = await open();
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const ended = once(response, 'end');
    await arrived.promise;
    await vi.advanceTimersByTimeAsync(40_000);
    held.resolve();
    await ended;
    expect(entriesOf(text)).toHaveLength(MANY + 1);
  });

  test('reads no further than its reader has taken', async () => {
    await fill(MANY, FILLING);
    const response = await open();
    response.pause();
    // By the time another export has been read to its end, this one has been read as far as it will be.
    const other = (await api.createOrganization()).owner;
    const whole = await open(other);
    await once(whole.resume(), 'end');
    expect(reads.count).toBeLessThan(MANY / 500);
    response.destroy();
  });

  test('stops when its reader goes away', async () => {
    await fill(MANY, FILLING);
    const response = await open();
    await once(response, 'readable');
    response.destroy();
    await expect.poll(() => lastLine()['outcome']).toBe('reader gone');
    const { count } = reads;
    await download('?action=apiKey.revoke');
    // Its own read, and one that may have been under way.
    expect(reads.count).toBeLessThanOrEqual(count + 2);
  });

  test('is cut off when its reader takes nothing for long', async () => {
    await fill(MANY, FILLING);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    const response = await open();
    response.pause();
    const cut = closed(response);
    await expect
      .poll(async () => {
        await vi.advanceTimersByTimeAsync(STREAM_STALL_TIMEOUT_MS / 2);
        return lastLine()['outcome'];
      })
      .toBe('failed');
    response.resume();
    await cut;
    expect(response.complete).toBe(false);
  });

  test('that fails halfway is cut off: its reader sees that it is not whole, and nothing of why', async () => {
    await fill(MANY, FILLING);
    reads.before = async (count) => {
      await Promise.resolve();
      if (count === 3) throw new Error('the cause of it');
    };
    const response = await open();
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await closed(response);
    expect(response.complete).toBe(false);
    expect(text).not.toContain('the cause of it');
    expect(text.length).toBeGreaterThan(0);
    expect(lastLine()).toMatchObject({ outcome: 'failed', err: { message: 'the cause of it' } });
  });
});

describe('exports at once', () => {
  const readers: IncomingMessage[] = [];
  afterEach(() => {
    for (const reader of readers.splice(0)) reader.destroy();
  });
  const hold = async (as: TestActor) => {
    const response = await open(as);
    response.pause();
    readers.push(response);
    return response;
  };

  test('are bounded for one actor and for all, and a place that becomes free is given again', async () => {
    const people = [owner];
    await fill(MANY, FILLING);
    while (people.length * EXPORT_PLACES.perActor < EXPORT_PLACES.all + 1) {
      ({ owner } = await api.createOrganization());
      await fill(MANY, FILLING);
      people.push(owner);
    }
    owner = people[0]!;
    for (let each = 0; each < EXPORT_PLACES.perActor; each += 1) await hold(owner);
    const refused = await download();
    expect(expectRefusal(refused, { code: 'RATE_LIMITED' }).message).toContain('of yours');
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);

    for (let each = EXPORT_PLACES.perActor; each < EXPORT_PLACES.all; each += 1) {
      await hold(people[Math.floor(each / EXPORT_PLACES.perActor)]!);
    }
    const last = people.at(-1)!;
    const full = await api.send('GET', `/v1/organizations/${last.orgId}/audit-log/export`, { as: last });
    expect(expectRefusal(full, { code: 'RATE_LIMITED' }).message).not.toContain('of yours');
    // What is no export takes none of their places.
    const patched = await api.send('PATCH', `/v1/organizations/${last.orgId}/audit-log/export`, { as: last });
    expect(expectRefusal(patched, { code: 'NOT_FOUND' }).message).toContain('no operation');
    // Refused exports leave no entry.
    const log = `/v1/organizations/${last.orgId}/audit-log?action=organizationAuditLog.export`;
    expect((await api.send('GET', log, { as: last })).body).toEqual({ entries: [] });

    readers.pop()!.destroy();
    const query = `/v1/organizations/${last.orgId}/audit-log/export?action=apiKey.revoke`;
    await expect.poll(async () => (await api.send('GET', query, { as: last })).status).toBe(200);
  });

  test('that are refused take no place', async () => {
    for (let each = 0; each < EXPORT_PLACES.perActor * 3; each += 1) {
      expectRefusal(await download('?format=xml'), { code: 'INVALID_INPUT', field: 'format' });
    }
    expect((await download()).status).toBe(200);
  });
});
