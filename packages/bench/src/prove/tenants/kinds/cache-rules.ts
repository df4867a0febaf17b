import { USUAL, type Kind, type Making } from './kind.ts';
import { isConfigured } from './databases.ts';

/** The same for all tenants, so that their rules have the same names. */
const STATEMENTS = Array.from(
  { length: 6 },
  (_, index) => `SELECT name FROM countries_${index} WHERE code = 'CH'`,
);
const MAX_SECONDS = 1000;

function settings({ chance }: Making) {
  return {
    cache_enabled: chance.isLucky(0.5),
    cache_ttl_seconds: chance.isLucky(0.5) ? chance.below(MAX_SECONDS) : null,
    cache_swr_seconds: chance.isLucky(0.5) ? chance.below(MAX_SECONDS) : null,
  };
}

export const cacheRules: Kind = {
  ...USUAL,
  ...{ name: 'cache_rule', action: 'cacheRule', scope: 'databases', parent: 'database', most: 4 },
  ...{ isRestorable: false, isReadAlone: false, listField: 'entries', timeField: 'first_seen_at' },
  collection: (_model, database) =>
    `/v1/projects/${database?.parent?.id}/databases/${database?.id}/cache-rules`,
  path: (_model, { view, parent: database }) =>
    `/v1/projects/${database?.parent?.id}/databases/${database?.id}/cache-rules/${String(view['query_hash'])}`,
  idOf: (view) => String(view['query_hash']),
  unwrap: (body) => (body['entry'] ?? body) as typeof body,
  make: (making, database) => {
    if (database === undefined || !isConfigured(database)) return undefined;
    const taken = making.model.rows
      .filter((row) => row.kind === 'cache_rule' && row.parent === database && !row.isDeleted)
      .map(({ given }) => given);
    const free = STATEMENTS.filter((statement) => !taken.includes(statement));
    if (free.length === 0) return undefined;
    const statement = making.chance.pick(free);
    const sent = settings(making);
    return { body: { sql: statement, ...sent }, sent, keeps: { given: statement } };
  },
  change: (making) => {
    const sent = settings(making);
    return { body: sent, sent };
  },
  changeMethod: 'PUT',
};
