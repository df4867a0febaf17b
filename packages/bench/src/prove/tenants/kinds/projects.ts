import { USUAL, type Kind, type Making } from './kind.ts';

/** All tenants take theirs from the same few. */
const NAMES = ['shop', 'billing', 'search', 'Ärzte', 'データ', 'a', 'Z', 'shop 2'];
const CIDRS = ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'];

function someFields({ chance }: Making): Record<string, unknown> {
  return {
    ...(chance.isLucky(0.5) && { description: `About ${chance.pick(NAMES)}\nin two lines` }),
    ...(chance.isLucky(0.5) && { tags: [chance.pick(NAMES), 'production'] }),
  };
}

export const projects: Kind = {
  ...USUAL,
  ...{ name: 'project', action: 'project', scope: 'projects', parent: undefined, most: 6 },
  ...{ leastToEnd: 'admin', listField: 'projects' },
  collection: () => '/v1/projects',
  path: (_model, { id }) => `/v1/projects/${id}`,
  unwrap: (body) => (body['project'] ?? body) as typeof body,
  make: (making) => {
    const { chance, model } = making;
    const sent = {
      ...{ name: chance.pick(NAMES), org_id: model.orgId, self_hosted: chance.isLucky(0.2) },
      ...someFields(making),
    };
    return { body: sent, sent };
  },
  change: (making) => {
    const { chance } = making;
    const sent = {
      ...someFields(making),
      ...(chance.isLucky(0.3) && { name: chance.pick(NAMES) }),
      ...(chance.isLucky(0.3) && { status: chance.pick(['active', 'suspended']) }),
      ...(chance.isLucky(0.3) && { allowed_cidrs: [{ cidr: chance.pick(CIDRS), label: 'office' }] }),
    };
    return { body: sent, sent };
  },
};
