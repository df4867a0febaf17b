import { createCacheRule, deleteCacheRule, listCacheRules, updateCacheRule } from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { parseIfMatch } from '../http/conditional.ts';
import { describeAnswer, readContext, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

interface Path {
  readonly project_id: string;
  readonly database_id: string;
}

const toPath = ({ project_id, database_id }: Path) => ({ projectId: project_id, databaseId: database_id });
const toRulePath = (path: Path & { readonly query_hash: string }) => ({
  ...toPath(path),
  queryHash: path.query_hash,
});

export const cacheRuleRoutes = [
  handle(operations.listCacheRules, async (c) => {
    const input = { ...toPath(c.req.valid('param')), ...c.req.valid('query') };
    return c.json(await listCacheRules({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.createCacheRule, async (c) => {
    const path = toPath(c.req.valid('param'));
    const input = { ...path, rule: c.req.valid('json') };
    const answer = await createCacheRule({ ctx: await writeContext(c), input });
    const { query_hash: hash } = answer.view.entry;
    describeAnswer(
      c,
      answer,
      `/v1/projects/${path.projectId}/databases/${path.databaseId}/cache-rules/${hash}`,
    );
    return c.json(answer.view, 201);
  }),
  handle(operations.updateCacheRule, async (c) => {
    const input = {
      ...toRulePath(c.req.valid('param')),
      rule: c.req.valid('json'),
      ifMatch: parseIfMatch(c.req.header('if-match')),
    };
    const answer = await updateCacheRule({ ctx: readContext(c), input });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.deleteCacheRule, async (c) => {
    const input = { ...toRulePath(c.req.valid('param')), ifMatch: parseIfMatch(c.req.header('if-match')) };
    await deleteCacheRule({ ctx: readContext(c), input });
    return c.body(null, 204);
  }),
] as const;
