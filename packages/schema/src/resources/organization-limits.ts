import { z } from '@hono/zod-openapi';
import { integer } from '../fields.ts';

/** What an organization may have of each kind unless its operator says otherwise. */
export const DEFAULT_LIMITS = {
  projects: 1000,
  databases_per_project: 1000,
  replicas_per_database: 10,
  custom_domains: 100,
  api_keys: 100,
  requests_per_second: 100,
} as const;

const MAX_LIMIT = 1_000_000;

/** The limits by name: each with how much is allowed. Zero allows none. */
export const Limits = z.object({
  projects: integer(0, MAX_LIMIT),
  databases_per_project: integer(0, MAX_LIMIT),
  replicas_per_database: integer(0, MAX_LIMIT),
  custom_domains: integer(0, MAX_LIMIT),
  api_keys: integer(0, MAX_LIMIT),
  requests_per_second: integer(1, MAX_LIMIT),
});
export type Limits = z.infer<typeof Limits>;
export type LimitName = keyof Limits;

export const LIMIT_NAMES = Object.keys(DEFAULT_LIMITS) as LimitName[];

const allowed = z.int().min(0).openapi({ description: 'How many there may be.' });

/** A limit on what is counted. There can be more than allowed, since a lower limit deletes nothing. */
function counted(description: string) {
  return z.object({ used: z.int().min(0).openapi({ description }), allowed });
}

const LIMITS_EXAMPLE = {
  org_id: 'org_demo',
  limits: {
    projects: { used: 3, allowed: 1000 },
    databases_per_project: { used: 12, allowed: 1000 },
    replicas_per_database: { used: 2, allowed: 10 },
    custom_domains: { used: 1, allowed: 100 },
    api_keys: { used: 4, allowed: 100 },
    requests_per_second: { allowed: 100 },
  },
};

/** What an organization uses and may have. Deleted things do not count, nor keys that are revoked or have expired. */
export const OrganizationLimits = z
  .object({
    org_id: z.string(),
    limits: z.object({
      projects: counted('How many projects there are.'),
      databases_per_project: counted('How many databases the fullest project has.'),
      replicas_per_database: counted('How many replicas the database with the most of them has.'),
      custom_domains: counted('How many custom domains there are, verified or not.'),
      api_keys: counted('How many API keys can be used: neither revoked nor expired.'),
      requests_per_second: z.object({
        allowed: allowed.openapi({ description: 'How many requests a caller may send in a second.' }),
      }),
    }),
  })
  .openapi('OrganizationLimits', { example: LIMITS_EXAMPLE });
export type OrganizationLimits = z.infer<typeof OrganizationLimits>;
