import { describe, expect, test } from 'vitest';
import { followRead, followWrite } from '../src/prove/fuzz/follow/follow-up.ts';
import { followKey, withKey } from '../src/prove/fuzz/follow/repeat.ts';
import type { Case, Wanted } from '../src/prove/fuzz/generate/case.ts';
import { judge } from '../src/prove/fuzz/judge/judge.ts';
import type { Sent } from '../src/prove/fuzz/send/connection.ts';
import type { Answer } from '../src/prove/fuzz/send/read-answer.ts';
import { PROJECT, REQUEST_ID, answerOf, contract, refusalOf } from './fuzz-support.ts';

const ACCEPTED: Wanted = { kind: 'accepted' };

function caseOf(operationId: string, over: Partial<Case> = {}): Case {
  const operation = contract.operation(operationId);
  const request = { method: operation.method, target: '/v1/projects/prj_1', headers: [], ...over.request };
  return { operation, kind: 'valid', wanted: ACCEPTED, ...over, request };
}

function breachesOf(theCase: Case, answer: Answer): string[] {
  return judge(contract, theCase, answer).breaches.map(({ promised, what }) => `${promised}: ${what}`);
}

test('an answer that is as the contract has it is no breach', () => {
  expect(breachesOf(caseOf('getProject'), answerOf())).toEqual([]);
  const notFound = { code: 'NOT_FOUND', message: 'There is no such project.', request_id: REQUEST_ID };
  const missing: Case = caseOf('getProject', { wanted: { kind: 'status', statuses: [404] } });
  expect(breachesOf(missing, answerOf({ status: 404, body: { error: notFound } }))).toEqual([]);
});

describe('the judge finds', () => {
  const error = { code: 'NOT_FOUND', message: 'There is no such project.', request_id: REQUEST_ID };
  test.each<[string, Parameters<typeof answerOf>[0], string]>([
    ['a status that is not declared', { status: 202 }, 'contract: the status 202'],
    ['a field that is not declared', { body: { ...PROJECT, secret: 1 } }, 'contract: the body of a 200'],
    ['a field of another type', { body: { ...PROJECT, database_count: '1' } }, 'contract: the body of a 200'],
    ['a field that is missing', { body: { ...PROJECT, id: undefined } }, 'contract: the body of a 200'],
    ['a time that is none', { body: { ...PROJECT, created_at: '' } }, 'contract: the body of a 200'],
    ['a header that is missing', { headers: { etag: undefined } }, 'contract: the header etag'],
    [
      'a request id that is missing',
      { headers: { 'x-request-id': undefined } },
      'contract: the header x-request-id',
    ],
    [
      'another media type',
      { headers: { 'content-type': 'text/html' } },
      'contract: a 200 is sent as text/html',
    ],
    ['a 500', { status: 500, body: { error: { ...error, code: 'INTERNAL_ERROR' } } }, 'serves: 500'],
    ['a 503', { status: 503, body: { error: { ...error, code: 'UNAVAILABLE' } } }, 'serves: 503'],
    [
      'a 503 that does not say when to repeat',
      { status: 503, body: { error: { ...error, code: 'UNAVAILABLE' } } },
      'refusal: a 503 does not say',
    ],
    ['a refusal that is no envelope', { status: 404, body: 'nothing here' }, 'refusal: a 404 is no envelope'],
    [
      'a code that goes with another status',
      { status: 404, body: { error: { ...error, code: 'CONFLICT' } } },
      'refusal: CONFLICT',
    ],
    [
      'another request id in the envelope',
      { status: 404, body: { error: { ...error, request_id: 'x' } } },
      'refusal: the request id',
    ],
    [
      'a message with control characters',
      { status: 404, body: { error: { ...error, message: 'a\u001b[2J' } } },
      'refusal: the message',
    ],
    [
      'a 400 that names no field',
      { status: 400, body: { error: { ...error, code: 'INVALID_INPUT' } } },
      'refusal: a 400 names no field',
    ],
    [
      'a missing resource that is there',
      { status: 404, body: { error } },
      'acceptance: what the contract allows',
    ],
  ])('%s', (_what, parts, found) => {
    expect(breachesOf(caseOf('getProject'), answerOf(parts)).join('\n')).toContain(found);
  });

  test('a request id of the caller that is not kept', () => {
    const headers = [['X-Request-Id', 'mine']] as const;
    const theCase = caseOf('getProject', { request: { headers } as unknown as Sent });
    expect(breachesOf(theCase, answerOf())).toEqual(['contract: a well-formed X-Request-Id is not kept']);
  });

  test('a refusal that names another field, and takes one that names it or what it stands in', () => {
    const wanted: Wanted = { kind: 'refused', fields: ['pool_config.pool_size'] };
    const theCase = caseOf('updateDatabase', { wanted });
    expect(breachesOf(theCase, refusalOf('name'))).toEqual([
      'acceptance: pool_config.pool_size is wrong, and name is named',
    ]);
    expect(breachesOf(theCase, refusalOf('pool_config.pool_size_max'))).toHaveLength(1);
    for (const field of ['pool_config.pool_size', 'pool_config'])
      expect(breachesOf(theCase, refusalOf(field))).toEqual([]);
  });

  test('what is forbidden and accepted, and what is allowed and refused', () => {
    const forbidden = caseOf('getProject', { wanted: { kind: 'refused', fields: ['project_id'] } });
    expect(breachesOf(forbidden, answerOf())).toEqual([
      'acceptance: what the contract forbids in project_id is accepted with 200',
    ]);
    const odd = (field: string, value: unknown) =>
      caseOf('updateProject', { wanted: { kind: 'accepted', odd: { field, value } } });
    expect(breachesOf(odd('name', 'x'), refusalOf('name'))).toHaveLength(1);
    expect(breachesOf(odd('host', 'x'), refusalOf('host'))).toHaveLength(1);
    // What has colons has to be an address, which no pattern says.
    expect(breachesOf(odd('host', 'a:b'), refusalOf('host'))).toEqual([]);
  });
});

const send = (answers: Readonly<Record<string, unknown>>) => async (sent: Sent) => {
  const body = answers[sent.target.split('?')[0] ?? ''];
  return await Promise.resolve({ answer: answerOf({ body }), body, breaches: [] });
};

describe('what is read back', () => {
  const sent = { name: 'shop', org_id: 'org_demo', description: 'a\tb', tags: ['one'] };
  const read = { ...PROJECT, description: 'a\tb', tags: ['one'] };
  const at = `/v1/projects/${PROJECT.id}`;
  const follow = async (itself: unknown, inList: unknown) => {
    const body = { project: read };
    const first = { answer: answerOf({ status: 201, body }), body, breaches: [] };
    const answers = { [at]: itself, '/v1/projects': { projects: [inList].filter(Boolean), total: 1 } };
    const found = await followWrite(
      { contract, send: send(answers) },
      caseOf('createProject', { body: sent }),
      first,
    );
    return found.map(({ what }) => what);
  };

  test('equal is no breach', async () => {
    expect(await follow(read, read)).toEqual([]);
  });

  test('otherwise is found: by itself, in its list, and where it is not there', async () => {
    expect(await follow({ ...read, description: 'a b' }, read)).toEqual([
      'createProject, read back by itself: description is another',
    ]);
    expect(await follow(read, { ...read, tags: [] })).toEqual([
      'createProject, read back in its list: tags is another',
    ]);
    expect(await follow({}, undefined)).toContain('createProject, read back in its list: it is not there');
  });

  test('is unchanged for whoever holds its version', async () => {
    const theCase = caseOf('getProject');
    const first = { answer: answerOf(), body: PROJECT, breaches: [] };
    expect(
      await followRead({ contract, send: send({ '/v1/projects/prj_1': PROJECT }) }, theCase, first),
    ).toHaveLength(1);
  });
});

test('a repeated request that has another answer, is not marked, or is another one, is found', async () => {
  const theCase = caseOf('createProject', { body: {} });
  const repeated = { ...theCase, request: withKey({ ...theCase.request, body: '{}' }, 'key') };
  const first = { answer: answerOf(), body: PROJECT, breaches: [] };
  const target = '/v1/projects/prj_1';
  const other = await followKey(
    { contract, send: send({ [target]: { ...PROJECT, id: 'prj_2' } }) },
    repeated,
    first,
  );
  expect(other.map(({ what }) => what)).toEqual([
    'createProject: repeated, it has another body',
    'createProject: another request with the same key is answered with 200',
  ]);
  const same = await followKey({ contract, send: send({ [target]: PROJECT }) }, repeated, first);
  expect(same.map(({ what }) => what)).toContain('createProject: repeated, it is not marked so');
});
