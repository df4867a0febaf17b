import {
  createReplica,
  deleteReplica,
  getReplica,
  listReplicas,
  restoreReplica,
  testReplicaConnection,
  testReplicaRegistration,
  updateReplica,
} from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { isUnchanged, parseIfMatch } from '../http/conditional.ts';
import { describeAnswer, readContext, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

interface Path {
  readonly database_id: string;
  readonly replica_id: string;
}

const toPath = ({ database_id, replica_id }: Path) => ({ databaseId: database_id, replicaId: replica_id });

export const replicaRoutes = [
  handle(operations.listReplicas, async (c) => {
    const input = { databaseId: c.req.valid('param').database_id, ...c.req.valid('query') };
    return c.json(await listReplicas({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.createReplica, async (c) => {
    const databaseId = c.req.valid('param').database_id;
    const answer = await createReplica({
      ctx: await writeContext(c),
      input: { databaseId, replica: c.req.valid('json'), ...c.req.valid('query') },
    });
    describeAnswer(c, answer, `/v1/databases/${databaseId}/replicas/${answer.view.id}`);
    return c.json(answer.view, 201);
  }),
  handle(operations.getReplica, async (c) => {
    const answer = await getReplica({ ctx: readContext(c), input: toPath(c.req.valid('param')) });
    describeAnswer(c, answer);
    return isUnchanged(c.req.header('if-none-match'), answer.etag)
      ? c.body(null, 304)
      : c.json(answer.view, 200);
  }),
  handle(operations.updateReplica, async (c) => {
    const input = {
      ...toPath(c.req.valid('param')),
      changes: c.req.valid('json'),
      ...c.req.valid('query'),
      ifMatch: parseIfMatch(c.req.header('if-match')),
    };
    const answer = await updateReplica({ ctx: await writeContext(c), input });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.deleteReplica, async (c) => {
    const input = { ...toPath(c.req.valid('param')), ifMatch: parseIfMatch(c.req.header('if-match')) };
    await deleteReplica({ ctx: readContext(c), input });
    return c.body(null, 204);
  }),
  handle(operations.restoreReplica, async (c) => {
    const answer = await restoreReplica({ ctx: await writeContext(c), input: toPath(c.req.valid('param')) });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.testReplicaConnection, async (c) => {
    const input = { ...toPath(c.req.valid('param')), changes: c.req.valid('json') };
    const answer = await testReplicaConnection({ ctx: await writeContext(c), input });
    describeAnswer(c, answer);
    c.set('checks', answer.view.checks);
    return c.json(answer.view, 200);
  }),
  handle(operations.testReplicaRegistration, async (c) => {
    const input = { databaseId: c.req.valid('param').database_id, replica: c.req.valid('json') };
    const answer = await testReplicaRegistration({ ctx: await writeContext(c), input });
    describeAnswer(c, answer);
    c.set('checks', answer.view.checks);
    return c.json(answer.view, 200);
  }),
] as const;
