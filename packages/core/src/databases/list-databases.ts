import type { DatabaseList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { readNewestFirst } from '../newest-first.ts';
import type { Order, PageInput } from '../page.ts';
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
  const rows = selectDatabases.where('project_id', '=', project.id).where('deleted_at', 'is', null);
  const { page_token: token, page_size: size } = input;
  const { page, next } = await readNewestFirst(ctx, { run }, { rows, listing, token, size });
  return { databases: page.map((row) => databaseView(row, ctx.settings)), ...next };
}
