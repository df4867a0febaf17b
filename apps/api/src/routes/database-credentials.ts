import { rotateDatabaseCredentials, undoDatabaseCredentialsRotation } from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { describeAnswer, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

interface Path {
  readonly project_id: string;
  readonly database_id: string;
}

const toPath = ({ project_id, database_id }: Path) => ({ projectId: project_id, databaseId: database_id });

export const databaseCredentialRoutes = [
  handle(operations.rotateDatabaseCredentials, async (c) => {
    const input = { ...toPath(c.req.valid('param')), credentials: c.req.valid('json') };
    const answer = await rotateDatabaseCredentials({ ctx: await writeContext(c), input });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.undoDatabaseCredentialsRotation, async (c) => {
    const answer = await undoDatabaseCredentialsRotation({
      ctx: await writeContext(c),
      input: toPath(c.req.valid('param')),
    });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
] as const;
