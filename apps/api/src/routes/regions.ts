import { listRegions } from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { readContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

export const regionRoutes = [
  handle(operations.listRegions, (c) => c.json(listRegions({ ctx: readContext(c) }), 200)),
] as const;
