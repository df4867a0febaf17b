import { describe, expect, test } from 'vitest';
import { tellTale } from '../src/prove/tenants/compare/answers.ts';
import { logProblem, type LoggedEntry } from '../src/prove/tenants/compare/audit.ts';
import { holds, listProblem } from '../src/prove/tenants/compare/lists.ts';
import { deleteRow, restoreRow } from '../src/prove/tenants/model/reduce.ts';
import { livingIn, seen, type Entry, type Model, type Row } from '../src/prove/tenants/model/rows.ts';

const idOf = ({ id }: { readonly id?: unknown }) => String(id);
const ownerOf = (id: string) => (id === 'prj_b' ? 'is of org_b' : undefined);
const ONE = { id: 'prj_1', name: 'one' };
const TWO = { id: 'prj_2', name: 'two' };

describe('a list', () => {
  const problem = (got: readonly object[]) =>
    listProblem({ wanted: [TWO, ONE], got: got as (typeof ONE)[], idOf, ownerOf });

  test.each([
    ['an alien row', [TWO, { id: 'prj_b' }, ONE], 'prj_b is in the list and must not be: it is of org_b'],
    ['a missing row', [TWO], 'prj_1 is missing'],
    ['a row twice', [TWO, TWO, ONE], 'the order is'],
    ['a wrong order', [ONE, TWO], 'the order is'],
    ['a row that differs', [TWO, { ...ONE, name: 'other' }], 'prj_1: name is "other" and must be "one"'],
    ['a field more', [TWO, { ...ONE, password: 'x' }], 'password is "x" and must be absent'],
  ])('with %s is not the one of the model', (_name, got, words) => {
    expect(problem(got)).toContain(words);
  });

  test('as the model has it is right', () => {
    expect(problem([TWO, ONE])).toBeUndefined();
  });
});

describe('an answer about what is foreign', () => {
  const missing = {
    status: 404,
    headers: [['content-type', 'application/json'] as const],
    text: '{"error":{"code":"NOT_FOUND","message":"none","request_id":"a"}}',
  };

  test.each([
    ['status', { status: 403 }],
    ['message', { text: missing.text.replace('none', 'not yours') }],
    ['length of its body', { text: `${missing.text} ` }],
    ['header', { headers: [...missing.headers, ['etag', '"1"'] as const] }],
  ])('with another %s gives it away', (_name, over) => {
    expect(tellTale({ ...missing, ...over }, missing)).toBeDefined();
  });

  test('that differs by the id of the request alone gives nothing away', () => {
    const foreign = { ...missing, text: missing.text.replace('"a"', '"b"') };
    expect(
      tellTale({ ...foreign, headers: [...missing.headers, ['date', 'today']] }, missing),
    ).toBeUndefined();
  });
});

describe('an audit log', () => {
  const entry = (number: number, over: Partial<Entry> = {}): Entry => ({
    ...{ lane: 0, requestId: `request-${number}`, action: 'project.create' },
    actor: { kind: 'user', id: 'user_1' },
    resource: { kind: 'project', id: `prj_${number}` },
    ...{ projectId: `prj_${number}`, after: { name: 'shop' } },
    ...over,
  });
  const logged = (number: number, over: Partial<LoggedEntry> = {}): LoggedEntry => ({
    ...{ id: `aud_${number}`, action: 'project.create', actor: { kind: 'user', id: 'user_1' } },
    resource: { kind: 'project', id: `prj_${number}` },
    ...{ project_id: `prj_${number}`, after: { name: 'shop' } },
    ...{ request_id: `request-${number}`, created_at: `2026-11-21T08:30:0${number}.000Z` },
    ...over,
  });
  const wanted = [entry(1), entry(2)];

  test.each([
    ['an entry that nobody made', [logged(3), logged(2), logged(1)]],
    ['a missing entry', [logged(2)]],
    ['an entry twice', [logged(2), logged(1), logged(1, { id: 'aud_0' })]],
    ['another actor', [logged(2, { actor: { kind: 'user', id: 'user_2' } }), logged(1)]],
    ['another state after it', [logged(2, { after: { name: 'other' } }), logged(1)]],
    ['the wrong order', [logged(1), logged(2)]],
    ['what was done first later', [logged(1, { created_at: '2026-11-21T09:00:00.000Z' }), logged(2)]],
  ])('with %s is not the one of the model', (_name, got) => {
    expect(logProblem(wanted, got)).toBeDefined();
  });

  test('as the model has it is right', () => {
    expect(logProblem(wanted, [logged(2), logged(1)])).toBeUndefined();
  });

  test('may have what two lanes did in any order', () => {
    const inLanes = [entry(1), entry(2, { lane: 1 })];
    const got = [logged(1, { created_at: '2026-11-21T09:00:00.000Z' }), logged(2)];
    expect(logProblem(inLanes, got)).toBeUndefined();
  });
});

describe('the model', () => {
  function rowOf(kind: Row['kind'], id: string, parent?: Row): Row {
    return {
      ...{ kind, id, parent, lane: 0, view: { id, updated_at: '2026-11-21T08:30:00.000Z' } },
      ...{ isDeleted: false, wentWithProject: false, passwords: 1 },
    };
  }

  test('brings back with a project what went with it, and nothing that was gone before', () => {
    const project = rowOf('project', 'prj_1');
    const [kept, gone] = [rowOf('database', 'db_1', project), rowOf('database', 'db_2', project)];
    const replica = rowOf('replica', 'rep_1', kept);
    const model: Model = { orgId: 'org', rows: [project, kept, gone, replica], entries: [] };
    deleteRow(model, gone);
    deleteRow(model, project);
    expect(livingIn(model, 'replica', kept)).toEqual([]);
    restoreRow(model, project, { id: 'prj_1', updated_at: '2026-11-21T09:00:00.000Z' });
    expect(livingIn(model, 'database', project)).toEqual([kept]);
    expect(livingIn(model, 'replica', kept)).toEqual([replica]);
    expect(seen(model, project)).toMatchObject({ database_count: 1 });
  });

  test('wants a password again for a replica that was approved for another one', () => {
    const database = rowOf('database', 'db_1');
    const replica = { ...rowOf('replica', 'rep_1', database), approvedFor: 1 };
    const model: Model = { orgId: 'org', rows: [database, replica], entries: [] };
    expect(seen(model, replica)).not.toHaveProperty('password_required');
    database.passwords = 2;
    expect(seen(model, replica)).toHaveProperty('password_required', true);
  });

  test('misses what was sent and is not answered', () => {
    expect(holds({ pool: { size: 1, mode: 'session' } }, { pool: { size: 1 } })).toBe(true);
    expect(holds({ pool: { size: 1 } }, { pool: { size: 2 } })).toBe(false);
    expect(holds({}, { name: 'shop' })).toBe(false);
  });
});
