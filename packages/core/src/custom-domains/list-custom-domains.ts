import type { CustomDomainList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { readNewestFirst } from '../newest-first.ts';
import type { Order, PageInput } from '../page.ts';
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
  const rows = selectCustomDomains.where('project_id', '=', project.id).where('deleted_at', 'is', null);
  const { page_token: token, page_size: size } = input;
  const { page, next } = await readNewestFirst(ctx, { run }, { rows, listing, token, size });
  return { domains: page.map((row) => customDomainView(row, ctx.settings)), ...next };
}
