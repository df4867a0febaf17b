import { SCOPES } from '@headgate/schema';
import { scopesOf } from '../model/actors.ts';
import { livingIn } from '../model/rows.ts';
import { USUAL, type Kind } from './kind.ts';

const DAY_MS = 86_400_000;

export const apiKeys: Kind = {
  ...USUAL,
  ...{ name: 'api_key', action: 'apiKey', end: 'revoke', scope: 'keys', parent: undefined, most: 6 },
  ...{ leastToEnd: 'viewer', isRestorable: false, listField: 'api_keys' },
  collection: ({ orgId }) => `/v1/organizations/${orgId}/api-keys`,
  path: ({ orgId }, { id }) => `/v1/organizations/${orgId}/api-keys/${id}`,
  make: ({ model, chance, actor }) => {
    // Those of the first lane, which alone uses keys: no other lane deletes them meanwhile.
    const projects = livingIn(model, 'project', undefined).filter(({ lane }) => lane === 0);
    const project = projects.length > 0 && chance.isLucky(0.5) ? chance.pick(projects) : undefined;
    const allowed = scopesOf(actor.role, SCOPES).filter(
      (scope) => project === undefined || !scope.startsWith('keys:'),
    );
    const scopes = allowed.filter(() => chance.isLucky(0.7));
    const sent = {
      name: 'deploy',
      scopes: scopes.length > 0 ? scopes : ['projects:read'],
      ...(project !== undefined && { project_id: project.id }),
      ...(chance.isLucky(0.3) && { expires_at: new Date(Date.now() + DAY_MS).toISOString() }),
    };
    return { body: sent, sent };
  },
};
