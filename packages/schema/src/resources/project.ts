import { z } from '@hono/zod-openapi';
import { body, boolean, ignored, list, oneOf, text, timestamp } from '../fields.ts';
import {
  MAX_ORGANIZATION_ID_CHARS,
  MAX_PROJECT_DESCRIPTION_CHARS,
  MAX_PROJECT_NAME_CHARS,
  MAX_TAGS,
  MAX_TAG_CHARS,
} from '../limits.ts';
import { AllowedCidrs, AllowedCidrsInput } from './allowed-cidrs.ts';
import { BlankDatabase, CreateDatabase, DATABASE_EXAMPLE, Database } from './database.ts';

export const CLOUDS = ['aws', 'azure', 'gcp'] as const;
/** What an owner may set; deletion has an operation of its own. */
export const PROJECT_STATUSES = ['active', 'suspended'] as const;

const name = text({ min: 1, max: MAX_PROJECT_NAME_CHARS }).openapi({ example: 'shop' });
const description = text({ max: MAX_PROJECT_DESCRIPTION_CHARS, multiline: true });
const tags = list(text({ max: MAX_TAG_CHARS }), MAX_TAGS).openapi({ example: ['production'] });
const cloud = oneOf(CLOUDS).openapi({ description: 'Where the project lives; aws unless given.' });

/** The request of `createProject`: the project and, unless it is left out, its primary database in one step. */
export const CreateProject = body({
  name,
  org_id: text({ min: 1, max: MAX_ORGANIZATION_ID_CHARS }).openapi({
    description: 'The organization that owns it, one of those in your token.',
    example: 'org_demo',
  }),
  description: description.optional(),
  tags: tags.optional(),
  cloud: cloud.optional(),
  self_hosted: boolean().optional(),
  database: z.union([CreateDatabase, BlankDatabase]).optional(),
}).openapi('CreateProjectRequest', {
  example: {
    name: 'shop',
    org_id: 'org_demo',
    database: { host: 'db.example.com', port: 5432, name: 'mydb', username: 'myuser', password: 'pa$$word' },
  },
});
export type CreateProject = z.infer<typeof CreateProject>;

/** The request of `updateProject`: what is left out stays as it is. */
export const UpdateProject = body({
  name: name.optional(),
  description: description.optional().openapi({ description: '`""` unsets it.' }),
  tags: tags.nullable().optional().openapi({ description: '`null` clears them.' }),
  status: z
    .enum([...PROJECT_STATUSES, ''], {
      error: ({ input }) =>
        input === 'deleted'
          ? 'must be "active", "suspended" or ""; a project is deleted with DELETE'
          : 'must be "active", "suspended" or ""',
    })
    .optional()
    .openapi({
      description: '`""` changes nothing. A project is deleted with `deleteProject`, not by its status.',
    }),
  allowed_cidrs: AllowedCidrsInput.nullable().optional().openapi({
    description:
      'From where the project may be reached, as a whole and in this order; an item may be the address alone, as a string. `null` clears it.',
  }),
  id: ignored,
  org_id: ignored,
  cloud: ignored,
  self_hosted: ignored,
  proxy_host: ignored,
  queries_per_second: ignored,
  burst_size: ignored,
  max_connections: ignored,
  database_count: ignored,
  active_connections: ignored,
  created_at: ignored,
  updated_at: ignored,
}).openapi('UpdateProjectRequest', { example: { description: 'The web shop', tags: ['production'] } });
export type UpdateProject = z.infer<typeof UpdateProject>;

const PROJECT_EXAMPLE = {
  id: 'prj_01h455vb4pex5vsknk084sn02r',
  org_id: 'org_demo',
  name: 'shop',
  cloud: 'aws',
  self_hosted: false,
  proxy_host: 'prj-01h455vb4pex5vsknk084sn02r.localhost',
  database_count: 1,
  status: 'active',
  created_at: '2026-11-21T08:30:00.000Z',
  updated_at: '2026-11-21T08:30:00.000Z',
};

/** A project in answers. What its owner never set is left out. */
export const Project = z
  .object({
    id: z.string(),
    org_id: z.string(),
    name,
    description: description.optional(),
    tags: tags.optional(),
    cloud: cloud.openapi({ readOnly: true }),
    self_hosted: boolean().openapi({ readOnly: true }),
    proxy_host: z
      .string()
      .openapi({ readOnly: true, description: 'The host in the connection strings of its databases.' }),
    allowed_cidrs: AllowedCidrs.optional().openapi({
      description: 'From where the project may be reached, as it was given. Absent when it was never set.',
    }),
    database_count: z.int().min(0).openapi({ readOnly: true }),
    status: oneOf(PROJECT_STATUSES).openapi('ProjectStatus'),
    created_at: timestamp(),
    updated_at: timestamp(),
  })
  .openapi('Project', { example: PROJECT_EXAMPLE });
export type Project = z.infer<typeof Project>;

export const CreatedProject = z
  .object({ project: Project, database: Database.optional() })
  .openapi('CreateProjectResponse', { example: { project: PROJECT_EXAMPLE, database: DATABASE_EXAMPLE } });
export type CreatedProject = z.infer<typeof CreatedProject>;

export const ProjectList = z
  .object({
    projects: z.array(Project),
    total: z.int().min(0).openapi({ description: 'How many projects the organization has.' }),
    next_page_token: z.string().optional(),
  })
  .openapi('ListProjectsResponse', { example: { projects: [PROJECT_EXAMPLE], total: 1 } });
export type ProjectList = z.infer<typeof ProjectList>;
