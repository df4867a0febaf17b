import { query } from '@headgate/db';
import type { ProjectList } from '@headgate/schema';
import { authorizeMember } from '../authorize.ts';
import type { Verb } from '../context.ts';
import { decodeCursor, encodeCursor, toPage, type Order, type PageInput } from '../page.ts';
import { reader } from '../reader.ts';
import { projectView, selectProjects, type ProjectRow } from './row.ts';

interface ListProjects extends PageInput {
  readonly org_id: string;
  readonly sort_by: keyof typeof ORDERS;
}

const ORDERS = {
  created_at: { name: 'projects by created_at', kind: 'prj', key: 'time' },
  active_connections: { name: 'projects by active_connections', kind: 'prj', key: 'time' },
  name: { name: 'projects by name', kind: 'prj', key: 'text' },
} satisfies Record<string, Order>;

/**
 * The projects of an organization, newest first or by name. No data plane reports connections yet: all projects have the
 * same number of them, and stand in the order of creation. For the key of one project there is that one.
 */
export async function listProjects({ ctx, input }: Verb<ListProjects>): Promise<ProjectList> {
  const organization = authorizeMember(ctx, input.org_id, 'project.list');
  const order = ORDERS[input.sort_by];
  const listing = { order, of: organization.org_id };
  const cursor = decodeCursor(ctx, listing, input.page_token);
  const only = ctx.actor.kind === 'api_key' ? ctx.actor.projectId : null;

  let projects = selectProjects
    .where('projects.org_id', '=', organization.org_id)
    .where('projects.deleted_at', 'is', null)
    .limit(input.page_size + 1);
  if (only !== null) projects = projects.where('projects.id', '=', only);
  if (input.sort_by === 'name') {
    projects = projects.orderBy('projects.name').orderBy('projects.id');
    if (cursor) {
      projects = projects.where((eb) =>
        eb(eb.refTuple('projects.name', 'projects.id'), '>', eb.tuple(cursor.key, cursor.id)),
      );
    }
  } else {
    projects = projects.orderBy('projects.created_at', 'desc').orderBy('projects.id', 'desc');
    if (cursor) {
      const before = new Date(cursor.key);
      projects = projects.where((eb) =>
        eb(eb.refTuple('projects.created_at', 'projects.id'), '<', eb.tuple(before, cursor.id)),
      );
    }
  }
  const count = query
    .selectFrom('organizations')
    .where('org_id', '=', organization.org_id)
    .select('project_count as total');

  const { run } = reader(ctx);
  const [rows, [counted]] = await Promise.all([run(projects), run(count)]);
  const keyOf = (row: ProjectRow) => (input.sort_by === 'name' ? row.name : row.created_at.toISOString());
  const { page, nextPageToken } = toPage(rows, input.page_size, (row) =>
    encodeCursor(ctx, listing, { key: keyOf(row), id: row.id }),
  );
  return {
    projects: page.map((row) => projectView(row, ctx.settings)),
    total: only === null ? (counted?.total ?? 0) : page.length,
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  };
}
