import { z } from '@hono/zod-openapi';
import { ROLES } from '../access.ts';
import { oneOf } from '../fields.ts';

/** An organization in answers, as far as the issuer of tokens tells of it. */
const OrganizationSummary = z
  .object({
    id: z.string().openapi({ description: 'What `org_id` refers to.' }),
    name: z.string().openapi({ description: 'As the token says; the id where it says none.' }),
    slug: z.string().openapi({ description: 'As the token says; the id where it says none.' }),
    role: oneOf(ROLES).openapi({ description: 'What you may do there.' }),
  })
  .openapi('OrganizationSummary', {
    example: { id: 'org_demo', name: 'Demo', slug: 'demo', role: 'owner' },
  });

export const OrganizationList = z
  .object({ organizations: z.array(OrganizationSummary) })
  .openapi('ListOrganizationsResponse', {
    example: { organizations: [{ id: 'org_demo', name: 'Demo', slug: 'demo', role: 'owner' }] },
  });
export type OrganizationList = z.infer<typeof OrganizationList>;
