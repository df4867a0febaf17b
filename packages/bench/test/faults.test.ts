/** The judges of the faults, each shown to object to what it is there for. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHeadgateClient } from '@headgate/sdk';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAttempts } from '../src/prove/faults/attempts.ts';
import { holdRows } from '../src/prove/faults/checks/hold-rows.ts';
import type { Found } from '../src/prove/faults/checks/rows.ts';
import { verifyChain } from '../src/prove/faults/checks/views.ts';
import { judge, type Answer } from '../src/prove/faults/judge.ts';
import { createLedger, versionOf } from '../src/prove/faults/ledger.ts';
import { wellSince, type Round } from '../src/prove/faults/recovery.ts';
import { createAccount, type Call } from '../src/prove/faults/traffic/account.ts';
import { API_KEY, CACHE_RULE, DATABASE, PROJECT } from '../src/prove/faults/traffic/kinds.ts';
import { read } from '../src/prove/faults/traffic/reads.ts';

const refusal = (code: string, message = 'x') => ({ error: { code, message, request_id: 'r' } });
const answer = (status: number, body: unknown = {}, headers: Record<string, string> = {}): Answer => ({
  ...{ status, body, headers: new Headers(headers) },
});
const only200 = ({ status }: Answer) => (status === 200 ? undefined : `status ${status}`);

describe('an answer', () => {
  test.each([
    ['the right one', answer(200), 'right'],
    ['429 with a time to come back', answer(429, refusal('RATE_LIMITED'), { 'Retry-After': '3' }), 'limited'],
    [
      '503 with a time to come back',
      answer(503, refusal('UNAVAILABLE'), { 'Retry-After': '2' }),
      'unavailable',
    ],
    ['a connection that closes', 'closed', 'closed'],
  ] as const)('may be %s', (_what, tried, kind) => {
    expect(judge(tried, only200).kind).toBe(kind);
  });

  test.each([
    ['500', answer(500, refusal('INTERNAL_ERROR'))],
    ['404 for what is there', answer(404, refusal('NOT_FOUND'))],
    ['401 for a good token', answer(401, refusal('UNAUTHORIZED'))],
    ['503 without a time to come back', answer(503, refusal('UNAVAILABLE'))],
    ['503 with a time of no use', answer(503, refusal('UNAVAILABLE'), { 'Retry-After': '0' })],
    ['503 of somebody else', answer(503, '<html>', { 'Retry-After': '2' })],
    ['none in the time that a request may take', 'silence'],
  ] as const)('must not be %s', (_what, tried) => {
    expect(judge(tried, only200).kind).toBe('wrong');
  });
});

describe('a failure', () => {
  const unavailable = { kind: 'unavailable', retryAfterMs: 1000 } as const;
  const attempt = (kind: string) => ({ kind, requestId: 'r', begunAt: performance.now() });

  test('counts as wrong when nothing was broken', () => {
    const attempts = createAttempts();
    attempts.note(attempt('project.get'), unavailable);
    expect(attempts.wrongs()).toHaveLength(1);
  });

  test('counts as wrong when what was broken is no reason for it, and only then', () => {
    const attempts = createAttempts();
    attempts.begin([{ name: 'only reads', mayFail: (kind) => kind === 'project.update' }]);
    attempts.note(attempt('project.update'), unavailable);
    expect(attempts.wrongs()).toEqual([]);
    attempts.note(attempt('project.get'), unavailable);
    expect(attempts.wrongs()).toHaveLength(1);
    expect(attempts.counts()).toMatchObject({ unavailable: 1, wrong: 1 });
  });

  test('of a request that was begun while something was broken is excused by it', () => {
    const attempts = createAttempts();
    attempts.begin([{ name: 'broken' }]);
    const begun = attempt('project.get');
    attempts.begin([]);
    attempts.note(begun, unavailable);
    expect(attempts.wrongs()).toEqual([]);
  });
});

/** A project with a database, a rule that is gone, a revoked key, and two projects that were asked for once. */
function writeLedger() {
  const ledger = createLedger();
  const common = { orgId: 'org', view: {}, secret: undefined };
  const project = ledger.create({ ...common, kind: PROJECT, id: 'prj_1', parent: undefined });
  const database = ledger.create({ ...common, kind: DATABASE, id: 'db_1', parent: project });
  ledger.acknowledge(database, 'update');
  ledger.acknowledge(ledger.create({ ...common, kind: CACHE_RULE, id: 'aa', parent: database }), 'delete', {
    isGone: true,
  });
  ledger.acknowledge(ledger.create({ ...common, kind: API_KEY, id: 'key_1', parent: undefined }), 'revoke', {
    isGone: true,
  });
  ledger.remember({ orgId: 'org', key: 'k', view: { id: 'prj_1' } });
  ledger.forget({ kind: PROJECT, orgId: 'org', name: 'heard', isAcknowledged: true });
  ledger.forget({ kind: PROJECT, orgId: 'org', name: 'unheard', isAcknowledged: false });
  expect(versionOf(database)).toBe(2);
  return ledger;
}

/** What the tables hold when all is well. */
const WELL: Found = {
  rows: [
    { id: 'prj_1', version: 1, isGone: false },
    { id: 'db_1', version: 2, isGone: false },
    { id: 'key_1', version: 2, isGone: true },
    { id: 'prj_heard', version: 1, isGone: false },
  ],
  entries: new Map([
    ['project.create prj_1', 1],
    ['database.create db_1', 1],
    ['database.update db_1', 1],
    ['cacheRule.create db_1/aa', 1],
    ['cacheRule.delete db_1/aa', 1],
    ['apiKey.create key_1', 1],
    ['apiKey.revoke key_1', 1],
    ['project.create prj_heard', 1],
  ]),
  answers: new Map([['k', { id: 'prj_1' }]]),
  projects: new Map([['heard', ['prj_heard']]]),
};

describe('the tables', () => {
  const rows = (change: (rows: Found['rows']) => Found['rows']) => ({ ...WELL, rows: change(WELL.rows) });
  const entries = (...changed: [string, number][]) => ({
    ...WELL,
    entries: new Map([...WELL.entries, ...changed]),
  });
  const nothing = { lost: [], doubled: [], unaudited: [], forgottenAnswers: [] };

  test('hold what was acknowledged, each once', () => {
    expect(holdRows(WELL, writeLedger())).toEqual(nothing);
  });

  test('may hold, once, what was asked for once and not answered', () => {
    const found: Found = {
      ...rows((all) => [...all, { id: 'prj_unheard', version: 1, isGone: false }]),
      entries: new Map([...WELL.entries, ['project.create prj_unheard', 1]]),
      projects: new Map([...WELL.projects, ['unheard', ['prj_unheard']]]),
    };
    expect(holdRows(found, writeLedger())).toEqual(nothing);
  });

  test.each<[string, Found, keyof typeof nothing]>([
    ['a row that is not there', rows((all) => all.filter(({ id }) => id !== 'db_1')), 'lost'],
    ['a change that is not there', rows((all) => all.map((row) => ({ ...row, version: 1 }))), 'lost'],
    ['a revocation that is not there', rows((all) => all.map((row) => ({ ...row, isGone: false }))), 'lost'],
    ['what was answered once and is not there', { ...WELL, projects: new Map() }, 'lost'],
    [
      'a row that nobody has made',
      rows((all) => [...all, { id: 'db_2', version: 1, isGone: false }]),
      'doubled',
    ],
    [
      'a change that was made twice',
      rows((all) => all.map((row) => ({ ...row, version: row.version + 1 }))),
      'doubled',
    ],
    [
      'what was asked for once and is there twice',
      {
        ...rows((all) => [...all, { id: 'prj_twice', version: 1, isGone: false }]),
        projects: new Map([['heard', ['prj_heard', 'prj_twice']]]),
      },
      'doubled',
    ],
    ['a mutation without its entry', entries(['database.update db_1', 0]), 'unaudited'],
    ['a mutation with two entries', entries(['database.update db_1', 2]), 'unaudited'],
    ['an entry without its mutation', entries(['database.update db_2', 1]), 'unaudited'],
    ['a key without its answer', { ...WELL, answers: new Map() }, 'forgottenAnswers'],
    [
      'a key with another answer',
      { ...WELL, answers: new Map([['k', { id: 'prj_2' }]]) },
      'forgottenAnswers',
    ],
  ])('are found to have %s', (_what, found, which) => {
    expect(holdRows(found, writeLedger())[which]).not.toEqual([]);
  });
});

/** An instance that answers as it is told, each time the next thing, and the last one from then on. */
async function instanceThat(...answers: ((response: ServerResponse) => void)[]) {
  let turn = 0;
  const server = createServer((request, response) => {
    request.resume();
    answers[Math.min(turn++, answers.length - 1)]?.(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const attempts = createAttempts();
  const account = createAccount({
    ...{ attempts, route: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    connect: (fetch) =>
      createHeadgateClient({ baseUrl: 'http://headgate.invalid', token: 't', maxRetries: 0, fetch }),
  });
  return { attempts, account };
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));

describe('an account', () => {
  const call: Call = {
    ...{ kind: 'project.delete', method: 'DELETE', path: '/v1/projects/prj_1' },
    expect: ({ status }, isAgain) =>
      status === 204 || (isAgain && status === 404) ? undefined : `status ${status}`,
  };

  test('repeats what may have been done until it knows, and takes a later 404 for done', async () => {
    const { account, attempts } = await instanceThat(
      (response) => void response.destroy(),
      json(404, refusal('NOT_FOUND')),
    );
    attempts.begin([{ name: 'broken' }]);
    expect((await account.settle(call)).status).toBe(404);
    expect(attempts.total()).toMatchObject({ closed: 1, right: 1, wrong: 0 });
  });

  test('takes a 404 at once for wrong', async () => {
    const { account, attempts } = await instanceThat(json(404, refusal('NOT_FOUND')));
    await expect(account.settle(call)).rejects.toThrow('no right answer');
    expect(attempts.total().wrong).toBeGreaterThan(0);
  });

  test('notices another state than was acknowledged, and another version', async () => {
    const ledger = createLedger();
    const kept = ledger.create({
      ...{ kind: DATABASE, id: 'db_1', orgId: 'org', parent: undefined, secret: undefined },
      view: { id: 'db_1', port: 5432 },
    });
    for (const [port, etag, wrong] of [
      [5432, '"1"', 0],
      [5433, '"1"', 1],
      [5432, '"2"', 1],
    ] as const) {
      const { account, attempts } = await instanceThat(json(200, { id: 'db_1', port }, { etag }));
      await read({ account, ledger, orgId: 'org' }, kept).catch(() => {});
      expect(Math.min(attempts.total().wrong, 1), `${port} ${etag}`).toBe(wrong);
    }
  });

  test('notices a chain that does not verify', async () => {
    const broken = { verified: false, findings: [{ kind: 'missing', message: 'gone' }] };
    const { account, attempts } = await instanceThat(json(200, broken));
    await expect(verifyChain({ account, orgId: 'org' })).rejects.toThrow('no right answer');
    expect(attempts.wrongs()[0]).toContain('auditLog.verify');
  });
});

describe('the recovery', () => {
  const rounds = (text: string): Round[] =>
    text
      .split('')
      .map((each, index) => ({ endedAt: each === '?' ? undefined : index, isWell: each === '+' }));

  test.each([
    ['is where each round from then on was answered', '--++++', 2],
    ['is not before the last that failed', '++++-++++', 5],
    ['is not while there are few', '--+++', undefined],
    ['is not behind one that waits for its answer', '-+?+++++', undefined],
  ])('%s', (_what, text, expected) => {
    expect(wellSince(rounds(text))).toBe(expected);
  });
});
