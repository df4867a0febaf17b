import {
  createReplicationSlot,
  deleteReplicationSlot,
  getReplicationSlot,
  listReplicationSlots,
  restoreReplicationSlot,
  updateReplicationSlot,
} from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { parseIfMatch } from '../http/conditional.ts';
import { describeAnswer, readContext, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

interface Path {
  readonly project_id: string;
  readonly database_id: string;
}

const toDatabasePath = ({ project_id, database_id }: Path) => ({
  projectId: project_id,
  databaseId: database_id,
});
const toPath = (path: Path & { readonly slot_id: string }) => ({
  ...toDatabasePath(path),
  slotId: path.slot_id,
});

export const replicationSlotRoutes = [
  handle(operations.listReplicationSlots, async (c) => {
    const input = { ...toDatabasePath(c.req.valid('param')), ...c.req.valid('query') };
    return c.json(await listReplicationSlots({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.createReplicationSlot, async (c) => {
    const path = toDatabasePath(c.req.valid('param'));
    const answer = await createReplicationSlot({
      ctx: await writeContext(c),
      input: { ...path, slot: c.req.valid('json') },
    });
    const { projectId, databaseId } = path;
    const at = `/v1/projects/${projectId}/databases/${databaseId}/replication-slots/${answer.view.id}`;
    describeAnswer(c, answer, at);
    return c.json(answer.view, 201);
  }),
  handle(operations.getReplicationSlot, async (c) => {
    const answer = await getReplicationSlot({ ctx: readContext(c), input: toPath(c.req.valid('param')) });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.updateReplicationSlot, async (c) => {
    const answer = await updateReplicationSlot({
      ctx: await writeContext(c),
      input: {
        ...toPath(c.req.valid('param')),
        changes: c.req.valid('json'),
        ifMatch: parseIfMatch(c.req.header('if-match')),
      },
    });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.deleteReplicationSlot, async (c) => {
    const input = {
      ...toPath(c.req.valid('param')),
      ...c.req.valid('query'),
      ifMatch: parseIfMatch(c.req.header('if-match')),
    };
    await deleteReplicationSlot({ ctx: readContext(c), input });
    return c.body(null, 204);
  }),
  handle(operations.restoreReplicationSlot, async (c) => {
    const answer = await restoreReplicationSlot({
      ctx: await writeContext(c),
      input: toPath(c.req.valid('param')),
    });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
] as const;
