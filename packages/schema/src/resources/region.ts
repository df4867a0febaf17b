import { z } from '@hono/zod-openapi';
import { oneOf, text } from '../fields.ts';
import { MAX_REGION_ID_CHARS } from '../limits.ts';

/** A region that the operator offers. The form of the answer, and of each entry of the `REGIONS` variable. */
export const Region = z
  .object({
    id: text({ min: 1, max: MAX_REGION_ID_CHARS }).openapi({ description: 'What `pool_region` refers to.' }),
    name: text({ min: 1, max: 100 }),
    provider: oneOf(['aws', 'azure', 'gcp', 'local']),
    status: oneOf(['active', 'draining', 'inactive']),
    available: z.boolean().openapi({ description: 'Whether new databases may be placed there.' }),
    continent: text({ max: 100 }).optional(),
    country: text({ max: 100 }).optional(),
  })
  .openapi('Region', {
    example: { id: 'local', name: 'Local', provider: 'local', status: 'active', available: true },
  });
export type Region = z.infer<typeof Region>;

export const RegionList = z.object({ regions: z.array(Region) }).openapi('ListRegionsResponse');
export type RegionList = z.infer<typeof RegionList>;

/** What is offered when the operator names no regions. */
export const LOCAL_REGION: Region = {
  id: 'local',
  name: 'Local',
  provider: 'local',
  status: 'active',
  available: true,
};
