import { startTestDns, type DnsMood, type TestDns } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDns } from '../src/custom-domains/resolver.ts';

let server: TestDns;
beforeAll(async () => {
  server = await startTestDns();
});
afterAll(async () => await server.close());
beforeEach(() => {
  server.mood('answering');
  server.asked.length = 0;
});

const TXT = { record: 'TXT', host: '_headgate.db.example.com' } as const;
const CNAME = { record: 'CNAME', host: 'db.example.com' } as const;
const dns = (timeoutMs?: number) =>
  createDns({ servers: [server.address], ...(timeoutMs !== undefined && { timeoutMs }) });

describe('DNS is told as it is', () => {
  test('every value of a record, a long one put together from its pieces', async () => {
    server.set('TXT', TXT.host, 'one', ['tw', 'o'], ['x'.repeat(255), 'y'.repeat(255)]);
    server.set('CNAME', CNAME.host, 'target.example.net');
    expect(await dns().ask([TXT, CNAME])).toEqual([
      { values: ['one', 'two', `${'x'.repeat(255)}${'y'.repeat(255)}`] },
      { values: ['target.example.net'] },
    ]);
  });

  test('a name that does not exist, and one that has no such record, have no values', async () => {
    server.set('TXT', TXT.host);
    const missing = { record: 'CNAME', host: 'missing.example.com' } as const;
    expect(await dns().ask([TXT, missing])).toEqual([{ values: [] }, { values: [] }]);
  });

  test('only what is asked for is asked, of the configured resolver', async () => {
    await dns().ask([TXT, CNAME]);
    expect(server.asked.toSorted()).toEqual([`CNAME ${CNAME.host} udp`, `TXT ${TXT.host} udp`]);
  });

  test('nothing is remembered from one call to the next', async () => {
    server.set('CNAME', CNAME.host, 'first.example.net');
    const resolver = dns();
    await resolver.ask([CNAME]);
    server.set('CNAME', CNAME.host, 'second.example.net');
    expect(await resolver.ask([CNAME])).toEqual([{ values: ['second.example.net'] }]);
  });

  test('an answer that does not fit is fetched over TCP', async () => {
    server.mood('truncated');
    const values = Array.from({ length: 50 }, (_, index) => `value ${index} ${'x'.repeat(200)}`);
    server.set('TXT', TXT.host, ...values);
    const [answer] = await dns().ask([TXT]);
    expect(answer).toEqual({ values });
    expect(server.asked).toContain(`TXT ${TXT.host} tcp`);
  });
});

describe('a failure is an answer', () => {
  test.each<[mood: DnsMood, failure: RegExp]>([
    ['servfail', /SERVFAIL/],
    ['refused', /REFUSED/],
    ['silent', /did not answer in time/],
    ['garbled', /did not answer/],
  ])('%s', async (mood, failure) => {
    server.mood(mood);
    const answers = await dns(600).ask([TXT, CNAME]);
    for (const answer of answers)
      expect(answer).toEqual({ failure: expect.stringMatching(failure) as string });
    expect(answers).toHaveLength(2);
  });

  test('a resolver that is not there', async () => {
    const gone = await startTestDns();
    await gone.close();
    const [answer] = await createDns({ servers: [gone.address], timeoutMs: 600 }).ask([TXT]);
    expect(answer).toEqual({ failure: expect.stringMatching(/did not answer/) as string });
  });

  test('one question of two may have one', async () => {
    server.set('TXT', TXT.host, 'one');
    const answering = dns().ask([TXT, { record: 'CNAME', host: `${'a'.repeat(64)}.example.com` }]);
    expect(await answering).toEqual([{ values: ['one'] }, { failure: expect.any(String) as string }]);
  });
});

test('a silent resolver is waited for no longer than it was said, whatever number of questions', async () => {
  server.mood('silent');
  const startedAt = performance.now();
  await dns(1_200).ask([TXT, CNAME, TXT, CNAME]);
  expect(performance.now() - startedAt).toBeLessThan(2_500);
});

test('giving up on one call leaves another alone', async () => {
  server.mood('held');
  server.set('CNAME', CNAME.host, 'target.example.net');
  const resolver = dns();
  const patient = resolver.ask([CNAME]);
  const [given] = await dns(50).ask([CNAME]);
  expect(given).toHaveProperty('failure');
  server.release();
  expect(await patient).toEqual([{ values: ['target.example.net'] }]);
});
