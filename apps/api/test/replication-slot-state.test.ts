import type { CreatedReplicationSlot as Created, LiveReplicationSlot as Live } from '@headgate/schema';
import postgres from 'postgres';
import { beforeEach, describe, expect, test } from 'vitest';
import { useSlotWorld, whatIsThere, wish } from './replication-slot-support.ts';
import { expectRefusal } from './support.ts';

const world = await useSlotWorld({
  // What is written can be read at once.
  settings: { max_replication_slots: '20', synchronous_commit: 'on' },
});
const { api, send, sql } = world;

let path: string;
beforeEach(async () => {
  path = await world.newDatabase();
});
const create = async (body: object) => await send<Created>('POST', path, body);
const state = async ({ body }: { readonly body: Created }) =>
  (await send<Live>('GET', `${path}/${body.id}`)).body.upstream;

/** Reads a slot as the data plane does, until it is told to stop. */
async function readSlot({ slot_name: slot, publication_name: publication }: ReturnType<typeof wish>) {
  const { username, password } = world.server.superuser;
  const reader = postgres(world.server.url({ username, password }), {
    ...{ max: 1, fetch_types: false, connection: { replication: 'database' } },
  });
  const options = `proto_version '1', publication_names '${publication}'`;
  const stream = await reader.unsafe(`START_REPLICATION SLOT ${slot} LOGICAL 0/0 (${options})`).writable();
  // It is stopped in the middle, which the stream tells as an error.
  stream.on('error', () => {});
  return { stop: async () => await reader.end({ timeout: 0 }) };
}

describe('how a slot stands', () => {
  test('is told with its positions; its lag grows with what is written, and falls with what is confirmed', async () => {
    const given = wish();
    const created = await create(given);
    const before = await state(created);
    expect(before).toMatchObject({
      ...{
        state: 'present',
        active: false,
        wal_status: 'reserved',
        checked_at: api.clock.now().toISOString(),
      },
      restart_lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/) as string,
      confirmed_flush_lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/) as string,
    });
    await sql`insert into orders select n from generate_series(1, 5000) n on conflict do nothing`;
    const later = await state(created);
    expect(later.lag_bytes).toBeGreaterThan((before.lag_bytes ?? 0) + 100_000);
    await sql`select pg_replication_slot_advance(${given.slot_name}, pg_current_wal_lsn())`;
    expect((await state(created)).lag_bytes).toBeLessThan(100_000);
  });

  test('is missing once it was dropped behind our back', async () => {
    const given = wish();
    const created = await create(given);
    await sql`select pg_drop_replication_slot(${given.slot_name})`;
    expect(await state(created)).toEqual({ state: 'missing', checked_at: expect.any(String) as string });
  });

  test('is unreachable with a code when the server is not reached: the answer is a 200 all the same', async () => {
    const created = await create(wish());
    await send('PATCH', path.replace('/replication-slots', ''), { port: 1, password: world.server.password });
    expect(await state(created)).toMatchObject({
      ...{ state: 'unreachable', error: { code: 'refused', hint: expect.any(String) as string } },
    });
  });

  test('has a warning when the WAL that it needs is gone', async () => {
    const given = wish();
    const created = await create(given);
    await sql`alter system set max_slot_wal_keep_size = '1MB'`;
    await sql`select pg_reload_conf()`;
    for (let segment = 0; segment < 4; segment += 1) {
      await sql`insert into orders select ${(segment + 1) * 100_000} + n from generate_series(1, 10) n`;
      await sql`select pg_switch_wal()`;
    }
    await sql`checkpoint`;
    const lost = await state(created);
    await sql`alter system reset max_slot_wal_keep_size`;
    await sql`select pg_reload_conf()`;
    expect(lost).toMatchObject({ wal_status: 'lost', invalidation_reason: 'wal_removed' });
    expect(lost.warnings?.map(({ code }) => code)).toEqual(['slot_lost']);
  });
});

test('a slot that something reads is not dropped, and its registration stays', async () => {
  const given = wish();
  const created = await create(given);
  const reader = await readSlot(given);
  await expect.poll(async () => (await state(created)).active, { timeout: 20_000 }).toBe(true);
  expect((await state(created)).active_pid).toBeGreaterThan(0);
  const answer = await send('DELETE', `${path}/${created.body.id}?drop=true`);
  await reader.stop();
  expect(answer.status).toBe(409);
  expectRefusal(answer, { code: 'CONFLICT' });
  expect(await whatIsThere(sql, given)).toMatchObject({ slot: true });
  expect((await state(created)).state).toBe('present');
});
