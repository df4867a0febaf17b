import { getOrganizationLimits, listOrganizations } from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { readContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

export const organizationRoutes = [
  handle(operations.listOrganizations, (c) => c.json(listOrganizations({ ctx: readContext(c) }), 200)),
  handle(operations.getOrganizationLimits, async (c) => {
    const input = { orgId: c.req.valid('param').org_id };
    return c.json(await getOrganizationLimits({ ctx: readContext(c), input }), 200);
  }),
] as const;
