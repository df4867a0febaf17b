import {
  createCustomDomain,
  deleteCustomDomain,
  getCustomDomain,
  listCustomDomains,
  restoreCustomDomain,
  verifyCustomDomain,
} from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { isUnchanged, parseIfMatch } from '../http/conditional.ts';
import { describeAnswer, readContext, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

interface Path {
  readonly project_id: string;
  readonly domain_id: string;
}

const toPath = ({ project_id, domain_id }: Path) => ({ projectId: project_id, domainId: domain_id });

export const customDomainRoutes = [
  handle(operations.listCustomDomains, async (c) => {
    const input = { projectId: c.req.valid('param').project_id, ...c.req.valid('query') };
    return c.json(await listCustomDomains({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.createCustomDomain, async (c) => {
    const projectId = c.req.valid('param').project_id;
    const answer = await createCustomDomain({
      ctx: await writeContext(c),
      input: { projectId, customDomain: c.req.valid('json') },
    });
    describeAnswer(c, answer, `/v1/projects/${projectId}/domains/${answer.view.id}`);
    return c.json(answer.view, 201);
  }),
  handle(operations.getCustomDomain, async (c) => {
    const answer = await getCustomDomain({ ctx: readContext(c), input: toPath(c.req.valid('param')) });
    describeAnswer(c, answer);
    return isUnchanged(c.req.header('if-none-match'), answer.etag)
      ? c.body(null, 304)
      : c.json(answer.view, 200);
  }),
  handle(operations.verifyCustomDomain, async (c) => {
    const answer = await verifyCustomDomain({
      ctx: await writeContext(c),
      input: toPath(c.req.valid('param')),
    });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
  handle(operations.deleteCustomDomain, async (c) => {
    const input = { ...toPath(c.req.valid('param')), ifMatch: parseIfMatch(c.req.header('if-match')) };
    await deleteCustomDomain({ ctx: readContext(c), input });
    return c.body(null, 204);
  }),
  handle(operations.restoreCustomDomain, async (c) => {
    const answer = await restoreCustomDomain({
      ctx: await writeContext(c),
      input: toPath(c.req.valid('param')),
    });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
] as const;
