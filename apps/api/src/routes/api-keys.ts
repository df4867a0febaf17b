import { createApiKey, getApiKey, listApiKeys, revokeApiKey } from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { isUnchanged, parseIfMatch } from '../http/conditional.ts';
import { describeAnswer, readContext, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

interface Path {
  readonly org_id: string;
  readonly key_id: string;
}

const toPath = ({ org_id, key_id }: Path) => ({ orgId: org_id, keyId: key_id });

export const apiKeyRoutes = [
  handle(operations.listApiKeys, async (c) => {
    const input = { orgId: c.req.valid('param').org_id, ...c.req.valid('query') };
    return c.json(await listApiKeys({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.createApiKey, async (c) => {
    const orgId = c.req.valid('param').org_id;
    const answer = await createApiKey({
      ctx: await writeContext(c),
      input: { orgId, key: c.req.valid('json') },
    });
    const path = `/v1/organizations/${encodeURIComponent(orgId)}/api-keys/${answer.view.id}`;
    describeAnswer(c, answer, path);
    return c.json({ ...answer.view, api_key: answer.secret ?? '' }, 201);
  }),
  handle(operations.getApiKey, async (c) => {
    const answer = await getApiKey({ ctx: readContext(c), input: toPath(c.req.valid('param')) });
    describeAnswer(c, answer);
    return isUnchanged(c.req.header('if-none-match'), answer.etag)
      ? c.body(null, 304)
      : c.json(answer.view, 200);
  }),
  handle(operations.revokeApiKey, async (c) => {
    const input = { ...toPath(c.req.valid('param')), ifMatch: parseIfMatch(c.req.header('if-match')) };
    await revokeApiKey({ ctx: readContext(c), input });
    return c.body(null, 204);
  }),
] as const;
