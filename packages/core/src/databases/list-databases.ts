import type { DatabaseList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { decodeCursor, encodeCursor, toPage, type Order, type PageInput } from '../page.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { reader } from '../reader.ts';
import { databaseView, selectDatabases } from './row.ts';

const ORDER: Order = { name: 'databases by created_at', kind: 'db', key: 'time' };

interface ListDatabases extends PageInput {
  readonly projectId: string;
}

/** The databases of a project, newest first. */
export async function listDatabases({ ctx, input }: Verb<ListDatabases>): Promise<DatabaseList> {
  const { run } = reader(ctx);
  const project = await lookupOwner(
    ctx,
    { run },
    { id: input.projectId, action: 'database.list', to: 'list' },
  );
  const listing = { order: ORDER, of: project.id };
  const cursor = decodeCursor(ctx, listing, input.page_token);
  let databases = selectDatabases
    .where('project_id', '=', project.id)
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(input.page_size + 1);
  if (cursor) {
    const before = new Date(cursor.key);
    databases = databases.where((eb) =>
      eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(before, cursor.id)),
    );
  }
  const { page, nextPageToken } = toPage(await run(databases), input.page_size, (row) =>
    encodeCursor(ctx, listing, { key: row.created_at.toISOString(), id: row.id }),
  );
  return {
    databases: page.map((row) => databaseView(row, ctx.settings)),
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  };
}
