import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { MAX_BODY_BYTES, type ErrorEnvelope } from '@headgate/schema';
import { projectInput, type TestActor } from '@headgate/testing';
import { afterEach, expect, test } from 'vitest';
import { MAX_BODIES_AWAITED, MAX_BODY_BYTES_PER_ACTOR, MAX_REQUESTS_PER_ACTOR } from '../src/limits.ts';
import { useApi } from './support.ts';

const { api, owner } = await useApi();
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

const person = async () => (await api.createOrganization()).owner;
const create = async (as: TestActor) =>
  await api.send('POST', '/v1/projects', { as, body: projectInput(as.orgId) });

/** Announces a body of so many bytes, sends none of it, and resolves with what is answered, whenever it is. */
function announce(as: TestActor, bytes: number): Promise<{ status: number; error: ErrorEnvelope['error'] }> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => socket.destroy());
  socket.write(
    [
      'POST /v1/projects HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${as.token}`,
      'Content-Type: application/json',
      `Content-Length: ${bytes}`,
      '\r\n',
    ].join('\r\n'),
  );
  return once(socket, 'data').then(([chunk]) => {
    const [head = '', body = ''] = String(chunk).split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), error: (JSON.parse(body) as ErrorEnvelope).error };
  });
}

test('one who has large bodies under way gets 429 for one more, and others send theirs', async () => {
  const greedy = await person();
  const most = MAX_BODY_BYTES_PER_ACTOR / MAX_BODY_BYTES;
  const answers = Array.from({ length: most + 1 }, async () => await announce(greedy, MAX_BODY_BYTES));
  const refused = await Promise.race(answers);
  expect(refused).toMatchObject({ status: 429, error: { code: 'RATE_LIMITED' } });
  expect((await create(owner)).status).toBe(201);
});

test('bodies that are given up make room for bodies again', async () => {
  const someone = await person();
  const most = MAX_BODY_BYTES_PER_ACTOR / MAX_BODY_BYTES;
  await Promise.race(Array.from({ length: most + 1 }, async () => await announce(someone, MAX_BODY_BYTES)));
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await create(someone)).status).toBe(201);
});

test('when too many bodies are on their way the oldest is given up with 503, and whoever sends at once is served', async () => {
  const people = await Promise.all(
    Array.from({ length: Math.ceil(MAX_BODIES_AWAITED / MAX_REQUESTS_PER_ACTOR) + 1 }, person),
  );
  const answers = Array.from(
    { length: MAX_BODIES_AWAITED + 1 },
    async (_, n) => await announce(people[n % people.length] ?? owner, 1_000),
  );
  const givenUp = await Promise.race(answers);
  expect(givenUp).toMatchObject({ status: 503, error: { code: 'UNAVAILABLE' } });
  expect((await create(owner)).status).toBe(201);
});
