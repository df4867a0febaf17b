import {
  diffDatabaseSchema,
  getDatabaseSchema,
  getSchemaCatalog,
  introspectDatabase,
  listSchemaSnapshots,
} from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { isUnchanged } from '../http/conditional.ts';
import { describeAnswer, readContext, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';
import { streamAnswer } from '../http/stream.ts';

interface Path {
  readonly project_id: string;
  readonly database_id: string;
}

const toPath = ({ project_id, database_id }: Path) => ({ projectId: project_id, databaseId: database_id });

export const schemaRoutes = [
  handle(operations.introspectDatabase, async (c) => {
    const path = toPath(c.req.valid('param'));
    const answer = await introspectDatabase({
      ctx: await writeContext(c),
      input: { ...path, ...c.req.valid('json') },
    });
    const { database_id: databaseId, id } = answer.view;
    const schema = `/v1/projects/${path.projectId}/databases/${databaseId}/schema`;
    describeAnswer(c, answer, `${schema}?snapshot_id=${id}`);
    return c.json(answer.view, 201);
  }),
  handle(operations.getDatabaseSchema, async (c) => {
    const { snapshot_id: snapshotId } = c.req.valid('query');
    const input = { ...toPath(c.req.valid('param')), snapshotId };
    const { etag, open } = await getDatabaseSchema({ ctx: readContext(c), input });
    const chunks = isUnchanged(c.req.header('if-none-match'), etag) ? undefined : await open();
    describeAnswer(c, { etag });
    if (chunks === undefined) return c.body(null, 304);
    return streamAnswer(c, { contentType: 'application/json', chunks });
  }),
  handle(operations.listSchemaSnapshots, async (c) => {
    const input = { ...toPath(c.req.valid('param')), ...c.req.valid('query') };
    return c.json(await listSchemaSnapshots({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.diffDatabaseSchema, async (c) => {
    const input = { ...toPath(c.req.valid('param')), ...c.req.valid('query') };
    return c.json(await diffDatabaseSchema({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.getSchemaCatalog, async (c) => {
    const input = toPath(c.req.valid('param'));
    return c.json(await getSchemaCatalog({ ctx: readContext(c), input }), 200);
  }),
] as const;
