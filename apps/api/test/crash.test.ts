import { databaseInput } from '@headgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, createWorld, type Program, type World } from './program.ts';

const CREATES = 500;
const AT_ONCE = 16;
/** In the middle of it. */
const KILL_AFTER = 200;

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => await world.close());

interface Creation {
  readonly key: string;
  readonly body: ReturnType<typeof databaseInput>;
  /** The id that was answered; undefined as long as nothing was. */
  id?: string | undefined;
}

/** Works through a list with a few requests under way at once. */
async function eachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function createProject(program: Program): Promise<string> {
  const { orgId, owner } = world.organization;
  const { body } = await call(`${await program.url()}/v1/projects`, {
    token: owner.token,
    body: { name: 'p', org_id: orgId },
  });
  return String(body.project.id);
}

test('a process that is killed in the middle of 500 creates loses nothing acknowledged, and after the retries nothing is there twice', async () => {
  const { token } = world.organization.owner;
  const creations: Creation[] = Array.from({ length: CREATES }, (_, index) => ({
    key: crypto.randomUUID(),
    body: databaseInput({ name: `database_${index}` }),
  }));

  const first = world.run();
  const projectId = await createProject(first);
  const url = `${await first.url()}/v1/projects/${projectId}/databases`;
  let answered = 0;
  await eachAtOnce(creations, async (creation) => {
    const headers = { 'Idempotency-Key': creation.key };
    const answer = await call(url, { token, body: creation.body, headers }).catch(() => undefined);
    if (answer === undefined) return;
    expect(answer.status).toBe(201);
    creation.id = String(answer.body.id);
    answered += 1;
    if (answered === KILL_AFTER) first.signal('SIGKILL');
  });
  expect(await first.ended).toBe('SIGKILL');

  const acknowledged = creations.filter(({ id }) => id !== undefined);
  expect(acknowledged.length).toBeGreaterThanOrEqual(KILL_AFTER);
  expect(acknowledged.length).toBeLessThan(CREATES);
  const kept = await world.owner<{ id: string }[]>`select id from databases`;
  const keptIds = new Set(kept.map(({ id }) => id));
  // Those that were committed and could not be answered any more are there too: 16 at most.
  expect(acknowledged.filter(({ id }) => !keptIds.has(id!))).toEqual([]);
  expect(keptIds.size).toBeLessThanOrEqual(acknowledged.length + AT_ONCE);

  const second = world.run();
  const again = `${await second.url()}/v1/projects/${projectId}/databases`;
  await eachAtOnce(creations, async (creation) => {
    const headers = { 'Idempotency-Key': creation.key };
    const answer = await call(again, { token, body: creation.body, headers });
    expect(answer.status, answer.text).toBe(201);
    if (creation.id !== undefined) {
      expect(answer.body.id).toBe(creation.id);
      expect(answer.headers.get('idempotency-replayed')).toBe('true');
    }
    creation.id = String(answer.body.id);
  });

  const rows = await world.owner<{ id: string; name: string }[]>`select id, name from databases`;
  expect(rows.map(({ id }) => id).toSorted()).toEqual(creations.map(({ id }) => id!).toSorted());
  expect(new Set(rows.map(({ name }) => name)).size).toBe(CREATES);
  const entries = await world.owner<{ resource_id: string }[]>`
    select resource_id from audit_entries where action = 'database.create'
  `;
  expect(entries.map((entry) => entry.resource_id).toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
  const [records] =
    await world.owner`select count(*)::int from idempotency_records where operation = 'database.create'`;
  expect(records).toEqual({ count: CREATES });

  second.signal('SIGTERM');
  expect(await second.ended).toBe(0);
});
