import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import { seedPlace, type Place } from './place.ts';
import { startCore, type Core } from './support.ts';

const DAY_MS = 86_400_000;
const WINDOW_MS = 30 * DAY_MS;
const HOUR_MS = 3_600_000;

let house: Core;
let ctx: core.Context;
let place: Place;
beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());
beforeEach(async () => {
  await house.owner`truncate projects, databases, audit_entries, idempotency_records, organizations cascade`;
  ctx = house.context();
  place = await seedPlace(ctx);
});

const purge = async () => await core.purgeExpired({ store: house.store, clock: house.clock });
const count = async (table: string) => (await house.owner`select from ${house.owner(table)}`).length;
/** What an index gives, as with many rows. */
async function planOf(statement: string): Promise<string> {
  return await house.owner.begin(async (sql) => {
    await sql`set local enable_seqscan = off`;
    const lines = await sql.unsafe(`explain (costs off) ${statement}`);
    return lines.map((line) => String(line['QUERY PLAN'])).join('\n');
  });
}

describe('a deleted certificate', () => {
  test('is purged after 30 days with its key, and not a moment earlier', async () => {
    await core.deleteCertificate({ ctx, input: place });
    house.clock.advance(WINDOW_MS - 1);
    expect(await purge()).toMatchObject({ certificates: 0 });
    house.clock.advance(1);
    expect(await purge()).toMatchObject({ certificates: 1, projects: 0 });
    expect(await count('certificates')).toBe(0);
  });

  test('goes with its project', async () => {
    await core.deleteProject({ ctx, input: place });
    house.clock.advance(WINDOW_MS);
    expect(await purge()).toMatchObject({ certificates: 1, databases: 1, projects: 1 });
  });

  // A database that lost its authority would believe any server, where it asks for no more than encryption.
  test('goes no earlier than the deleted database that names it: that never comes back without it', async () => {
    const { projectId, databaseId, certificateId } = place;
    await house.owner`update databases set ca_certificate_id = ${certificateId} where id = ${databaseId}`;
    await expect(core.deleteCertificate({ ctx, input: place })).rejects.toMatchObject({ code: 'CONFLICT' });
    await core.deleteDatabase({ ctx, input: place });
    await core.deleteCertificate({ ctx, input: place });
    await expect(core.restoreDatabase({ ctx, input: { projectId, databaseId } })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    house.clock.advance(WINDOW_MS);
    expect(await purge()).toMatchObject({ databases: 1, certificates: 1 });
  });

  test('stays for as long as anything names it, also what came back without it', async () => {
    const { certificateId, replicaId } = place;
    await core.deleteCertificate({ ctx, input: place });
    await house.owner`update replicas set ca_certificate_id = ${certificateId} where id = ${replicaId}`;
    house.clock.advance(2 * WINDOW_MS);
    expect(await purge()).toMatchObject({ certificates: 0 });
    await house.owner`update replicas set ca_certificate_id = null`;
    expect(await purge()).toMatchObject({ certificates: 1 });
  });

  test('stays when it is restored while the purge waits for it', async () => {
    await core.deleteCertificate({ ctx, input: place });
    house.clock.advance(WINDOW_MS);
    let purging: Promise<unknown> = Promise.resolve();
    await house.owner.begin(async (sql) => {
      await sql`update certificates set deleted_at = null`;
      purging = purge();
      const waiting = async () =>
        (await house.owner`select from pg_locks where not granted and locktype = 'transactionid'`).length;
      await expect.poll(waiting, { timeout: 3_000 }).toBeGreaterThan(0);
    });
    await purging;
    expect(await count('certificates')).toBe(1);
  });
});

test('a deleted replication slot is purged after 30 days, and goes with its database', async () => {
  const now = house.clock.now();
  const { orgId, projectId, databaseId } = place;
  await house.owner`delete from replication_slots`;
  const add = async (id: string, deletedAt: Date | null) =>
    await house.owner`insert into replication_slots ${house.owner({
      ...{ id: `slot_${id.repeat(26)}`, org_id: orgId, project_id: projectId, database_id: databaseId },
      ...{ slot_name: `s${id}`, publication_name: 'p', status: 'active', upstream: 'u' },
      ...{ created_at: now, updated_at: now, deleted_at: deletedAt },
    })}`;
  await add('0', null);
  await add('1', now);
  house.clock.advance(WINDOW_MS - 1);
  expect(await purge()).toMatchObject({ replicationSlots: 0 });
  house.clock.advance(1);
  expect(await purge()).toMatchObject({ replicationSlots: 1 });
  expect(await count('replication_slots')).toBe(1);
  await core.deleteDatabase({ ctx, input: place });
  house.clock.advance(WINDOW_MS);
  expect(await purge()).toMatchObject({ databases: 1 });
  expect(await count('replication_slots')).toBe(0);
});

describe('credentials that are not in force', () => {
  const set = async (kind: 'staged' | 'previous', at: Date) =>
    await house.owner`update databases set ${house.owner({
      [`${kind}_username`]: 'u',
      [`${kind}_sealed_password`]: 'sealed',
      [`${kind}_sealing_key_id`]: 'k',
      [`${kind}_password_id`]: 'p',
      [kind === 'staged' ? 'staged_at' : 'previous_until']: at,
    })}`;
  const look = async () => [...(await house.owner`select * from databases`)];

  test('are forgotten when the time is over in which they can be put back, and not a moment earlier', async () => {
    const [untouched] = await look();
    await set('previous', new Date(house.clock.now().getTime() + DAY_MS));
    house.clock.advance(DAY_MS - 1);
    expect(await purge()).toMatchObject({ previousCredentials: 0 });
    house.clock.advance(1);
    expect(await purge()).toMatchObject({ previousCredentials: 1, databases: 0 });
    expect(await look()).toEqual([untouched]);
  });

  test('are forgotten when a rotation has left them staged an hour ago', async () => {
    const [untouched] = await look();
    await set('staged', house.clock.now());
    house.clock.advance(HOUR_MS - 1);
    expect(await purge()).toMatchObject({ stagedCredentials: 0 });
    house.clock.advance(1);
    expect(await purge()).toMatchObject({ stagedCredentials: 1 });
    expect(await look()).toEqual([untouched]);
  });
});

test('what is due is found by indexes', async () => {
  for (const [table, column, index] of [
    ['certificates', 'deleted_at', 'certificates_deleted'],
    ['replication_slots', 'deleted_at', 'replication_slots_deleted'],
    ['databases', 'previous_until', 'databases_by_previous_until'],
    ['databases', 'staged_at', 'databases_by_staged_at'],
  ]) {
    expect(await planOf(`select id from ${table} where ${column} <= now() limit 500`)).toContain(index);
  }
  for (const table of ['databases', 'replicas'])
    for (const column of ['ca_certificate', 'client_certificate']) {
      const plan = await planOf(`select id from ${table} where ${column}_id = 'c'`);
      expect(plan).toContain(`${table}_by_${column}`);
    }
});
