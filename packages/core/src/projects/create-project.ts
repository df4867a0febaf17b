import { insert } from '@headgate/db';
import {
  newId,
  type BlankDatabase,
  type CreateDatabase,
  type CreateProject,
  type CreatedProject,
} from '@headgate/schema';
import { authorizeOrganization, inside, type Authorized } from '../authorize.ts';
import type { Context, Verb } from '../context.ts';
import { newDatabase } from '../databases/new-database.ts';
import { proposeDatabase } from '../databases/propose-database.ts';
import { insideField } from '../errors.ts';
import type { Answer } from '../answer.ts';
import { mutate } from '../mutate.ts';
import { checkLimit, holdOrganization } from '../organizations/limits.ts';
import { reader } from '../reader.ts';
import { projectEtag, projectView, type ProjectRow } from './row.ts';

/** Creates a project and, when one is given, its primary database: both or neither. */
export async function createProject({ ctx, input }: Verb<CreateProject>): Promise<Answer<CreatedProject>> {
  const organization = authorizeOrganization(ctx, input.org_id, 'project.create');
  const now = ctx.clock.now();
  const row: ProjectRow = {
    id: newId('prj'),
    org_id: organization.org_id,
    name: input.name,
    description: input.description === undefined || input.description === '' ? null : input.description,
    tags: input.tags ?? null,
    cloud: input.cloud ?? 'aws',
    self_hosted: input.self_hosted ?? false,
    status: 'active',
    version: 1,
    created_at: now,
    updated_at: now,
    allowed_cidrs: null,
    deleted_at: null,
    database_count: input.database === undefined ? 0 : 1,
  };
  const owner = inside(organization, row);
  const database =
    input.database && (await insideField('database', describeDatabase(ctx, owner, input.database)));
  const view = projectView(row, ctx.settings);
  // The table of databases counts what is added to it.
  const { database_count: _counted, ...values } = row;
  const created = {
    action: 'project.create' as const,
    orgId: row.org_id,
    projectId: row.id,
    resource: { kind: 'project' as const, id: row.id },
    after: view,
  };
  return await mutate(ctx, 'project.create', async (tx) => {
    const { project_count: used, ...own } = await holdOrganization(tx, organization);
    checkLimit(ctx, 'projects', { used, own: own.max_projects });
    if (database) checkLimit(ctx, 'databases_per_project', { used: 0, own: own.max_databases_per_project });
    return {
      on: organization,
      writes: [insert('projects', values), ...(database ? [database.write] : [])],
      audit: [created, ...(database ? [database.audit] : [])],
      answer: {
        view: { project: view, ...(database && { database: database.answer.view }) },
        etag: projectEtag(row),
      },
    };
  });
}

/** Before the transaction: a project that is not there yet has no certificates that could be held. */
async function describeDatabase(
  ctx: Context,
  owner: Authorized<ProjectRow, 'project.create'>,
  input: CreateDatabase | BlankDatabase,
) {
  return await newDatabase(ctx, owner, await proposeDatabase(ctx, reader(ctx), { owner, input, to: 'read' }));
}
