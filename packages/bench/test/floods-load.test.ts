import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { runStream, type StreamPlan } from '../src/prove/floods/load/stream.ts';

let close = async () => {};
afterEach(async () => await close());

/** A server that answers with this, and where it listens. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const plan = (origin: string, over: Partial<StreamPlan> = {}): StreamPlan => ({
  ...{ name: 'a stream', origin, requests: ['GET / HTTP/1.1\r\nHost: a\r\n\r\n'], connections: 500 },
  pace: { perSecond: 200 },
  ...over,
});
const SEED = 1;

test('an open loop goes on sending while a server says nothing, and counts its silence from when each was due', async () => {
  const waiting: (() => void)[] = [];
  const origin = await serve((_request, response) => {
    waiting.push(() => response.end('{}'));
    // All that came in the first second is answered at its end.
    if (waiting.length === 1) {
      setTimeout(() => {
        for (const answer of waiting.splice(0, Infinity)) answer();
        waiting.push = (...answers) => {
          for (const answer of answers) answer();
          return 0;
        };
      }, 1_000);
    }
  });
  const report = await runStream(plan(origin), 1_500, SEED);
  expect(report.sent).toBeGreaterThan(150);
  expect(report.outcomes).toEqual({ 200: report.sent });
  // A closed loop would have had one slow answer for each caller; here they are as many as were due.
  expect(report.accepted.p50).toBeGreaterThan(150);
  expect(report.accepted.max).toBeGreaterThan(900);
  expect(report.faults).toEqual({});
});

test('what waits for a connection is counted from when it was due too', async () => {
  const origin = await serve((_request, response) => void setTimeout(() => response.end('{}'), 100));
  const report = await runStream(plan(origin, { connections: 2, pace: { perSecond: 100 } }), 600, SEED);
  expect(report.outcomes).toEqual({ 200: report.sent });
  expect(report.accepted.max).toBeGreaterThan(500);
});

test('what is answered too late is no goodput, and what is never answered is told', async () => {
  const late = await serve((_request, response) => void setTimeout(() => response.end('{}'), 50));
  const report = await runStream(plan(late, { goodWithinMs: 20 }), 300, SEED);
  expect(report.outcomes).toEqual({ 200: report.sent });
  expect(report.good).toBe(0);
  await close();
  const closing = await serve((request) => void request.socket.destroy());
  const { sent, outcomes } = await runStream(plan(closing), 200, SEED);
  expect(outcomes).toEqual({ closed: sent });
});

test('a closed loop has as many requests under way as callers', async () => {
  let [underWay, most] = [0, 0];
  const origin = await serve((_request, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    setImmediate(() => {
      underWay -= 1;
      response.end('{}');
    });
  });
  const report = await runStream(plan(origin, { pace: { callers: 3 } }), 200, SEED);
  expect(report.sent).toBeGreaterThan(3);
  expect(most).toBeLessThanOrEqual(3);
});

test('arrivals come at the same times again for the same seed', async () => {
  const origin = await serve((_request, response) => void response.end('{}'));
  const sent = async (seed: number) => (await runStream(plan(origin), 300, seed)).sent;
  expect(await sent(SEED)).toBe(await sent(SEED));
});

test('refusals are judged, and kept: one of each shape', async () => {
  let n = 0;
  const origin = await serve((_request, response) => {
    n += 1;
    if (n % 2 === 0) response.writeHead(500).end('oops');
    else {
      const id = `id-${n}`;
      const body = { error: { code: 'UNAVAILABLE', message: 'Later.', request_id: id } };
      response.writeHead(503, { 'retry-after': '1', 'x-request-id': id }).end(JSON.stringify(body));
    }
  });
  const report = await runStream(plan(origin), 300, SEED);
  expect(Object.keys(report.faults)).toEqual(['an answer of 500']);
  expect(report.refusals.filter((body) => body === 'oops')).toHaveLength(1);
  expect(report.good).toBe(0);
});
