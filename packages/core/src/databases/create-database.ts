import type { ConnectionCheck, CreateDatabaseWithSlots, CreatedDatabase } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { firstAnswer } from '../idempotency.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { reader } from '../reader.ts';
import { orUndo } from '../replication-slots/or-undo.ts';
import { prepareSlots, type PreparedRegistration } from '../replication-slots/prepare-slots.ts';
import { newSlots } from '../replication-slots/with-database.ts';
import { requireOk } from '../upstream/check-connection.ts';
import { databaseTarget } from '../upstream/database-target.ts';
import { checkProposal } from './check-proposal.ts';
import { checkRoom } from './check-room.ts';
import { newDatabase } from './new-database.ts';
import { proposeDatabase } from './propose-database.ts';

const ACTION = 'database.create';

interface Create {
  readonly projectId: string;
  readonly database: CreateDatabaseWithSlots;
  /** Whether it is registered only if it can be connected to. */
  readonly verify?: boolean | undefined;
}

/**
 * Registers a database in a project, with its replication slots where some are given: all of it or nothing, and what was
 * made for them on the upstream is undone when it does not come about.
 */
export async function createDatabase({ ctx, input }: Verb<Create>): Promise<Answer<CreatedDatabase>> {
  const { verify = false, database: given } = input;
  const hasSlots = given.replication_slots !== undefined && given.replication_slots.length > 0;
  const answered = hasSlots ? await firstAnswer<CreatedDatabase>(ctx, ACTION) : undefined;
  if (answered !== undefined) return answered;
  const evidence = await findOut(verify || hasSlots ? gather(ctx, input) : Promise.resolve(NOTHING_FOUND));
  const registration = mutate(ctx, ACTION, async (tx) => {
    const project = await lookupOwner(ctx, tx, { id: input.projectId, action: ACTION, to: 'fill' });
    checkRoom(ctx, project);
    const proposal = await proposeDatabase(ctx, tx, { owner: project, input: input.database, to: 'hold' });
    const { check, slots: prepared } = evidence();
    const warnings = check?.warnings ?? proposal.warnings;
    const { write, audit, answer } = await newDatabase(ctx, project, { ...proposal, warnings });
    const slots = await newSlots(ctx, tx, proposal.row, prepared);
    return {
      on: project,
      writes: [write, ...slots.writes],
      audit: [audit, ...slots.audit],
      answer: { ...answer, view: { ...answer.view, ...slots.answered } },
    };
  });
  return await orUndo(ctx, slotsIn(evidence), registration);
}

/** What was found out on the upstream, and made there, before the transaction. */
interface Evidence {
  readonly check?: ConnectionCheck;
  readonly slots: readonly PreparedRegistration[];
}

const NOTHING_FOUND: Evidence = { slots: [] };

function slotsIn(evidence: () => Evidence): readonly PreparedRegistration[] {
  try {
    return evidence().slots;
  } catch {
    return [];
  }
}

/** What would keep it from being registered is looked at first: nobody who may not register it has a server dialled. */
async function gather(ctx: Context, { projectId: id, database: input, verify }: Create): Promise<Evidence> {
  const { run } = reader(ctx);
  const owner = await lookupOwner(ctx, { run }, { id, action: ACTION, to: 'list' });
  checkRoom(ctx, owner);
  const proposal = await proposeDatabase(ctx, { run }, { owner, input, to: 'read' });
  const tested = verify === true ? await checkProposal(ctx, proposal) : undefined;
  if (tested !== undefined) {
    const resource = { kind: 'project', id } as const;
    requireOk(tested, { action: 'databaseRegistration.test', orgId: owner.org_id, projectId: id, resource });
  }
  const check = tested?.check;
  const { replication_slots: slots = [] } = input;
  if (slots.length === 0) return { ...(check && { check }), slots: [] };
  const target = await databaseTarget(ctx, { run }, proposal.row, proposal.password);
  return {
    ...(check && { check }),
    slots: await prepareSlots(ctx, {
      ...{ database: proposal.row, target, slots, field: 'replication_slots' },
    }),
  };
}
