import { mayReveal } from '../model/actors.ts';
import { isConfigured, someCertificate } from './databases.ts';
import { USUAL, type Kind, type Making } from './kind.ts';
import type { Row } from '../model/rows.ts';

/** Who may read passwords approves them all; anybody else the one that there is, by giving it. */
function approval({ actor }: Making, database: Row | undefined) {
  return { approvedFor: mayReveal(actor) ? ('all' as const) : (database?.passwords ?? 0) };
}

export const replicas: Kind = {
  ...USUAL,
  ...{ name: 'replica', action: 'replica', scope: 'databases', parent: 'database', most: 4 },
  listField: 'replicas',
  collection: (_model, parent) => `/v1/databases/${parent?.id}/replicas`,
  path: (_model, { id, parent }) => `/v1/databases/${parent?.id}/replicas/${id}`,
  make: (making, database) => {
    if (database === undefined || !isConfigured(database)) return undefined;
    const sent = {
      ...{ host: `replica-${making.serial()}.example.com`, port: 5432 },
      ...someCertificate(making, database.parent),
    };
    return { body: { ...sent, password: database.secret }, sent, keeps: approval(making, database) };
  },
  // Always to another host, so that it has to be approved anew.
  change: (making, { parent: database }) => {
    const sent = { host: `replica-${making.serial()}.example.com` };
    return { body: { ...sent, password: database?.secret }, sent, keeps: approval(making, database) };
  },
};
