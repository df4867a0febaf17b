import type { CustomDomain } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { reader } from '../reader.ts';
import { lookupCustomDomain, type CustomDomainPath } from './lookup-custom-domain.ts';
import { customDomainEtag, customDomainView } from './row.ts';

/** One custom domain, with the records that it needs. */
export async function getCustomDomain({ ctx, input }: Verb<CustomDomainPath>): Promise<Answer<CustomDomain>> {
  const domain = await lookupCustomDomain(ctx, reader(ctx), {
    ...input,
    action: 'customDomain.get',
    to: 'read',
  });
  return { view: customDomainView(domain, ctx.settings), etag: customDomainEtag(domain) };
}
