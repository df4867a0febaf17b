import type { CustomDomainList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { decodeCursor, encodeCursor, toPage, type Order, type PageInput } from '../page.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { reader } from '../reader.ts';
import { customDomainView, selectCustomDomains } from './row.ts';

const ORDER: Order = { name: 'custom domains by created_at', kind: 'dom', key: 'time' };

interface ListCustomDomains extends PageInput {
  readonly projectId: string;
}

/** The custom domains of a project, newest first. */
export async function listCustomDomains({ ctx, input }: Verb<ListCustomDomains>): Promise<CustomDomainList> {
  const { run } = reader(ctx);
  const project = await lookupOwner(
    ctx,
    { run },
    { id: input.projectId, action: 'customDomain.list', to: 'list' },
  );
  const listing = { order: ORDER, of: project.id };
  const cursor = decodeCursor(ctx, listing, input.page_token);
  let domains = selectCustomDomains
    .where('project_id', '=', project.id)
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(input.page_size + 1);
  if (cursor) {
    const before = new Date(cursor.key);
    domains = domains.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(before, cursor.id)));
  }
  const { page, nextPageToken } = toPage(await run(domains), input.page_size, (row) =>
    encodeCursor(ctx, listing, { key: row.created_at.toISOString(), id: row.id }),
  );
  return {
    domains: page.map((row) => customDomainView(row, ctx.settings)),
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  };
}
