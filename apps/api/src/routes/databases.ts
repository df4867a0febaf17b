import {
  createDatabase,
  deleteDatabase,
  getDatabase,
  listDatabases,
  restoreDatabase,
  revealDatabase,
  testDatabaseConnection,
  testDatabaseRegistration,
  updateDatabase,
} from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { isUnchanged, parseIfMatch } from '../http/conditional.ts';
import { describeAnswer, readContext, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

interface Path {
  readonly project_id: string;
  readonly database_id: string;
}

const toPath = ({ project_id, database_id }: Path) => ({ projectId: project_id, databaseId: database_id });

export const databaseRoutes = [
  handle(operations.listDatabases, async (c) => {
    const input = { projectId: c.req.valid('param').project_id, ...c.req.valid('query') };
    return c.json(await listDatabases({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.createDatabase, async (c) => {
    const projectId = c.req.valid('param').project_id;
    const answer = await createDatabase({
      ctx: await writeContext(c),
      input: { projectId, database: c.req.valid('json'), ...c.req.valid('query') },
    });
    describeAnswer(c, answer, `/v1/projects/${projectId}/databases/${answer.view.id}`);
    return c.json(answer.view, 201);
  }),
  handle(operations.getDatabase, async (c) => {
    if (c.req.valid('query').show_sensitive) {
      const revealed = await revealDatabase({ ctx: readContext(c), input: toPath(c.req.valid('param')) });
      describeAnswer(c, revealed);
      return c.json({ ...revealed.view, ...(revealed.secret && { password: revealed.secret }) }, 200);
    }
    const answer = await getDatabase({ ctx: readContext(c), input: toPath(c.req.valid('param')) });
    describeAnswer(c, answer);
    return isUnchanged(c.req.header('if-none-match'), answer.etag)
      ? c.body(null, 304)
      : c.json(answer.view, 200);
  }),
  handle(operations.updateDatabase, async (c) => {
    const input = {
      ...toPath(c.req.valid('param')),
      changes: c.req.valid('json'),
      ...c.req.valid('query'),
      ifMatch: parseIfMatch(c.req.header('if-match')),
    };
    const answer = await updateDatabase({ ctx: await writeContext(c), input });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.deleteDatabase, async (c) => {
    const input = { ...toPath(c.req.valid('param')), ifMatch: parseIfMatch(c.req.header('if-match')) };
    await deleteDatabase({ ctx: readContext(c), input });
    return c.body(null, 204);
  }),
  handle(operations.restoreDatabase, async (c) => {
    const answer = await restoreDatabase({ ctx: await writeContext(c), input: toPath(c.req.valid('param')) });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.testDatabaseConnection, async (c) => {
    const input = { ...toPath(c.req.valid('param')), changes: c.req.valid('json') };
    const answer = await testDatabaseConnection({ ctx: await writeContext(c), input });
    describeAnswer(c, answer);
    c.set('checks', answer.view.checks);
    return c.json(answer.view, 200);
  }),
  handle(operations.testDatabaseRegistration, async (c) => {
    const input = { projectId: c.req.valid('param').project_id, database: c.req.valid('json') };
    const answer = await testDatabaseRegistration({ ctx: await writeContext(c), input });
    describeAnswer(c, answer);
    c.set('checks', answer.view.checks);
    return c.json(answer.view, 200);
  }),
] as const;
