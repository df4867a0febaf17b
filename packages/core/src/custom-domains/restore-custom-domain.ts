import { query } from '@headgate/db';
import type { CustomDomain } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import { mutate } from '../mutate.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { later } from '../time.ts';
import { entered } from './entered.ts';
import { checkDomainLimit } from './limit.ts';
import { lookupCustomDomain, type CustomDomainPath } from './lookup-custom-domain.ts';
import { orNameTaken } from './name-taken.ts';

/** Brings a deleted custom domain back, to be verified anew: meanwhile its name was free for others. */
export async function restoreCustomDomain({
  ctx,
  input,
}: Verb<CustomDomainPath>): Promise<Answer<CustomDomain>> {
  const action = 'customDomain.restore';
  const restoration = mutate(ctx, action, async (tx) => {
    // Held first, as everywhere, so that the project is not deleted meanwhile and this domain left behind alive.
    const project = await lookupOwner(ctx, tx, { id: input.projectId, action, to: 'restore' });
    const domain = await lookupCustomDomain(ctx, tx, { ...input, action, to: 'restore' });
    if (project.deleted_at !== null) throw conflict('Its project is deleted. Restore the project first.');
    if (domain.deleted_at === null) throw conflict('The custom domain is not deleted.');
    await checkDomainLimit(ctx, tx, project, { adding: 1 });
    const written = {
      deleted_at: null,
      verified_at: null,
      version: domain.version + 1,
      updated_at: later(ctx.clock.now(), domain.updated_at),
    };
    return {
      on: domain,
      writes: [query.updateTable('custom_domains').set(written).where('id', '=', domain.id)],
      ...entered(ctx, action, { ...domain, ...written }),
    };
  });
  return await orNameTaken(
    'The project has the same domain again. Use that one, or delete it before you restore this one.',
    restoration,
  );
}
