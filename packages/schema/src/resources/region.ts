import { z } from '@hono/zod-openapi';
import { oneOf, text } from '../fields.ts';
import { MAX_PLACE_NAME_CHARS, MAX_REGION_ID_CHARS, MAX_REGION_NAME_CHARS } from '../limits.ts';

const LOCAL = {
  id: 'local',
  name: 'Local',
  provider: 'local',
  status: 'active',
  available: true,
} as const;

/** A region that the operator offers. The form of the answer, and of each entry of the `REGIONS` variable. */
export const Region = z
  .object({
    id: text({ min: 1, max: MAX_REGION_ID_CHARS }).openapi({ description: 'What `pool_region` refers to.' }),
    name: text({ min: 1, max: MAX_REGION_NAME_CHARS }),
    provider: oneOf(['aws', 'azure', 'gcp', 'local']),
    status: oneOf(['active', 'draining', 'inactive']),
    available: z.boolean().openapi({ description: 'Whether new databases may be placed there.' }),
    continent: text({ max: MAX_PLACE_NAME_CHARS }).optional(),
    country: text({ max: MAX_PLACE_NAME_CHARS }).optional(),
  })
  .openapi('Region', { example: LOCAL });
export type Region = z.infer<typeof Region>;

export const RegionList = z
  .object({ regions: z.array(Region) })
  .openapi('ListRegionsResponse', { example: { regions: [LOCAL] } });
export type RegionList = z.infer<typeof RegionList>;

/** What is offered when the operator names no regions. */
export const LOCAL_REGION: Region = LOCAL;
