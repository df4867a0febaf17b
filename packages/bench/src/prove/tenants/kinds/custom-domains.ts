import { USUAL, type Kind } from './kind.ts';

/** All tenants claim the same names: who has one is decided by DNS, which nobody asks here. */
const DOMAINS = Array.from({ length: 8 }, (_, index) => `db-${index}.tenants.example.com`);

export const customDomains: Kind = {
  ...USUAL,
  ...{ name: 'custom_domain', action: 'customDomain', scope: 'domains', parent: 'project', most: 4 },
  listField: 'domains',
  collection: (_model, parent) => `/v1/projects/${parent?.id}/domains`,
  path: (_model, { id, parent }) => `/v1/projects/${parent?.id}/domains/${id}`,
  make: ({ model, chance }, parent) => {
    const taken = model.rows
      .filter((row) => row.kind === 'custom_domain' && row.parent === parent)
      .map(({ view }) => view['domain']);
    const free = DOMAINS.filter((domain) => !taken.includes(domain));
    if (free.length === 0) return undefined;
    const sent = { domain: chance.pick(free), verified: false };
    return { body: { domain: sent.domain }, sent };
  },
};
