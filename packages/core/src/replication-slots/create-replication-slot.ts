import type { CreateReplicationSlot, CreatedReplicationSlot } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { conflict } from '../errors.ts';
import { firstAnswer } from '../idempotency.ts';
import { mutate } from '../mutate.ts';
import { reader } from '../reader.ts';
import { databaseTarget } from '../upstream/database-target.ts';
import { displaceRegistrations } from './displace.ts';
import { checkSlotLimit } from './limit.ts';
import { newSlot } from './new-slot.ts';
import { orUndo } from './or-undo.ts';
import { prepareSlots, type PreparedRegistration } from './prepare-slots.ts';

const ACTION = 'replicationSlot.create';

interface Create extends DatabasePath {
  readonly slot: CreateReplicationSlot;
}

/**
 * Registers a replication slot, verified on its upstream, and made there where that is asked for. Whoever repeats a
 * request that was answered gets that answer, and the upstream is left alone.
 *
 * @throws HeadgateError UPSTREAM_CHECK_FAILED when it cannot be used; CONFLICT when it is registered already or the
 *   database is not configured; LIMIT_EXCEEDED when the database has as many as it may
 */
export async function createReplicationSlot({
  ctx,
  input,
}: Verb<Create>): Promise<Answer<CreatedReplicationSlot>> {
  const answered = await firstAnswer<CreatedReplicationSlot>(ctx, ACTION);
  if (answered !== undefined) return answered;
  // A failure waits for the transaction: an idempotency key gets its first answer when another request was faster.
  const evidence = await gather(ctx, input).catch((error: unknown) => ({ error }));
  const slots = 'error' in evidence ? [] : [evidence.slot];
  const registration = mutate(ctx, ACTION, async (tx) => {
    const { projectId, databaseId } = input;
    const database = await lookupDatabase(ctx, tx, { projectId, databaseId, action: ACTION, to: 'change' });
    if ('error' in evidence) throw evidence.error;
    checkSameServer(evidence.database, database);
    await checkSlotLimit(tx, database.id);
    const displaced = await displaceRegistrations(ctx, tx, evidence.slot.identity);
    const { write, audit, answer } = await newSlot(ctx, database, evidence.slot);
    return { on: database, writes: [...displaced.writes, write], audit: [...displaced.audit, audit], answer };
  });
  return await orUndo(ctx, slots, registration);
}

interface Evidence {
  readonly database: DatabaseRow;
  readonly slot: PreparedRegistration;
}

/** Nobody who may not register a slot has a server dialled. */
async function gather(ctx: Context, { slot: given, ...path }: Create): Promise<Evidence> {
  const { run } = reader(ctx);
  const database = await lookupDatabase(ctx, { run }, { ...path, action: ACTION, to: 'read' });
  await checkSlotLimit({ run }, database.id);
  const target = await databaseTarget(ctx, { run }, database);
  const [slot] = await prepareSlots(ctx, { database, target, slots: [given] });
  if (slot === undefined) throw new Error('a slot was to be prepared, and was neither prepared nor refused');
  return { database, slot };
}

/** What was verified on one server says nothing of another. */
function checkSameServer(before: DatabaseRow, now: DatabaseRow): void {
  if (before.host === now.host && before.port === now.port && before.name === now.name) return;
  throw conflict('The database was changed at the same moment. Read it again and repeat the request.');
}
