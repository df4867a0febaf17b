import { expect, test } from 'vitest';
import { readAnswer } from '../src/prove/floods/load/answers.ts';
import { faultOf } from '../src/prove/floods/load/judge.ts';

const envelope = (code: string, id = 'r-1') =>
  JSON.stringify({ error: { code, message: 'No.', request_id: id } });
const answer = (status: number, body: string, head = 'X-Request-Id: r-1\r\nRetry-After: 2\r\n') => ({
  ...{ status, body },
  head: `HTTP/1.1 ${status} Some Reason\r\n${head}`,
});

test('a success, a refusal for overload and a deserved failure are fine', () => {
  expect(faultOf(answer(200, '{}', ''))).toBeUndefined();
  expect(faultOf(answer(429, envelope('RATE_LIMITED')))).toBeUndefined();
  expect(faultOf(answer(503, envelope('UNAVAILABLE')))).toBeUndefined();
  expect(faultOf(answer(400, envelope('INVALID_INPUT')), [400])).toBeUndefined();
});

test.each([
  ['a 500', answer(500, envelope('INTERNAL_ERROR')), 'an answer of 500'],
  ['a 502, be it in an envelope', answer(502, envelope('UNAVAILABLE')), 'an answer of 502'],
  ['a failure that was not deserved', answer(404, envelope('NOT_FOUND')), 'an answer of 404'],
  ['a refusal that is no JSON', answer(503, '<html>'), 'a 503 without an envelope'],
  ['a refusal that is no envelope', answer(503, '{"message":"later"}'), 'a 503 without an envelope'],
  ['a refusal with an unknown code', answer(503, envelope('LATER')), 'a 503 without an envelope'],
  [
    'a refusal with a code of another status',
    answer(503, envelope('RATE_LIMITED')),
    'a 503 with the code RATE_LIMITED',
  ],
  [
    'a refusal with the id of another',
    answer(429, envelope('RATE_LIMITED', 'r-2')),
    'a 429 with the id of another request',
  ],
  [
    'a refusal that does not say when',
    answer(429, envelope('RATE_LIMITED'), 'X-Request-Id: r-1\r\n'),
    'a 429 without Retry-After',
  ],
  [
    'a refusal that says it in parts of a second',
    answer(503, envelope('UNAVAILABLE'), 'X-Request-Id: r-1\r\nRetry-After: 0.5\r\n'),
    'a 503 without Retry-After',
  ],
])('%s is a fault', (_what, given, fault) => {
  expect(faultOf(given)).toBe(fault);
});

test('answers are read one after another, whole or not at all, whatever they are sent as', () => {
  const first = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n';
  expect(readAnswer(first.slice(0, -1))).toEqual({ kind: 'incomplete' });
  expect(readAnswer(first + chunked)).toMatchObject({
    answer: { status: 200, body: '{}' },
    length: first.length,
  });
  expect(readAnswer(chunked.slice(0, -2))).toEqual({ kind: 'incomplete' });
  expect(readAnswer(chunked + first)).toMatchObject({ answer: { body: 'abcd' }, length: chunked.length });
  const interim = 'HTTP/1.1 100 Continue\r\n\r\n';
  expect(readAnswer(interim)).toEqual({ kind: 'incomplete' });
  expect(readAnswer(interim + first)).toMatchObject({
    answer: { status: 200 },
    length: interim.length + first.length,
  });
  expect(readAnswer('HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n', true)).toMatchObject({
    answer: { body: '' },
  });
  expect(readAnswer('SSH-2.0-OpenSSH\r\n\r\n')).toEqual({ kind: 'nonsense' });
});
