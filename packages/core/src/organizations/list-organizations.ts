import type { OrganizationList } from '@headgate/schema';
import type { Verb } from '../context.ts';

/** The organizations of whoever asks, as the issuer of its token says. For an API key there is the one it is for. */
export function listOrganizations({ ctx }: Pick<Verb<never>, 'ctx'>): OrganizationList {
  const { organizations } = ctx.actor;
  // Of two entries of one organization the first counts, here as everywhere.
  const distinct = organizations.filter(
    ({ id }, index) => organizations.findIndex((each) => each.id === id) === index,
  );
  return {
    organizations: distinct.map(({ id, name, slug, role }) => ({
      id,
      name: orElse(name, id),
      slug: orElse(slug, id),
      role,
    })),
  };
}

function orElse(text: string | null | undefined, instead: string): string {
  return text === undefined || text === null || text === '' ? instead : text;
}
