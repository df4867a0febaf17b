import { query } from '@headgate/db';
import type { ProjectList } from '@headgate/schema';
import { authorizeOrganization } from '../authorize.ts';
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
  name: { name: 'projects by name', kind: 'prj', key: 'text' },
} satisfies Record<string, Order>;

/** The projects of an organization, newest first or by name. */
export async function listProjects({ ctx, input }: Verb<ListProjects>): Promise<ProjectList> {
  const organization = authorizeOrganization(ctx, input.org_id, 'project.list');
  const order = ORDERS[input.sort_by];
  const cursor = decodeCursor(order, input.page_token);

  let projects = selectProjects
    .where('projects.org_id', '=', organization.org_id)
    .where('projects.deleted_at', 'is', null)
    .limit(input.page_size + 1);
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
    .selectFrom('projects')
    .where('org_id', '=', organization.org_id)
    .where('deleted_at', 'is', null)
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('total'));

  const { run } = reader(ctx);
  const [rows, [counted]] = await Promise.all([run(projects), run(count)]);
  const keyOf = (row: ProjectRow) => (input.sort_by === 'name' ? row.name : row.created_at.toISOString());
  const { page, nextPageToken } = toPage(rows, input.page_size, (row) =>
    encodeCursor(order, { key: keyOf(row), id: row.id }),
  );
  return {
    projects: page.map((row) => projectView(row, ctx.settings)),
    total: counted?.total ?? 0,
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  };
}
