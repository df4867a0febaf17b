import { query } from '@headgate/db';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupCustomDomain, type CustomDomainPath } from './lookup-custom-domain.ts';
import { customDomainEtag, customDomainSummary } from './row.ts';

interface Delete extends CustomDomainPath {
  readonly ifMatch?: IfMatch | undefined;
}

/** Gives a name up. It is free for others at once. */
export async function deleteCustomDomain({ ctx, input }: Verb<Delete>): Promise<void> {
  const { ifMatch, ...path } = input;
  const action = 'customDomain.delete';
  await mutate(ctx, action, async (tx) => {
    const domain = await lookupCustomDomain(ctx, tx, { ...path, action, to: 'change' });
    checkIfMatch(ifMatch, customDomainEtag(domain));
    const { id, org_id: orgId, project_id: projectId, version } = domain;
    const deletedAt = later(ctx.clock.now(), domain.updated_at);
    const written = { deleted_at: deletedAt, updated_at: deletedAt, version: version + 1 };
    const before = customDomainSummary(domain, ctx.settings);
    return {
      on: domain,
      writes: [query.updateTable('custom_domains').set(written).where('id', '=', id)],
      audit: [{ action, orgId, projectId, resource: { kind: 'custom_domain', id }, before }],
      answer: { view: undefined },
    };
  });
}
