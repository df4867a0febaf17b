import type { Registry } from 'prom-client';
import { tellAdmission, tellDatabase, tellPlacesAndQueues } from './load-figures.ts';
import type { Parts } from './parts.ts';
import { createTeller, type Teller } from './teller.ts';

/** Tells at each scrape what the parts tell of themselves. */
export function watchFigures(registry: Registry, parts: Parts): void {
  const tell = createTeller(registry);
  tellDatabase(tell, parts);
  tellAdmission(tell, parts);
  tellPlacesAndQueues(tell, parts);
  tellKeys(tell, parts);
  tellAuditChains(tell, parts);
  tellRateLimits(tell, parts);
}

function tellKeys({ gauge, gauges, total }: Teller, { keySet, vault }: Parts): void {
  gauge(
    'headgate_jwks_keys',
    "The issuer's keys that tokens are verified with; without one, no token is accepted.",
    () => keySet.state().keys,
  );
  gauge(
    'headgate_jwks_age_seconds',
    "Since the issuer's keys were fetched. They are fetched anew when they are used after 300 s, and no longer used after 3600 s.",
    () => keySet.state().ageSeconds,
  );
  total(
    'headgate_jwks_fetch_failures_total',
    "How often the issuer's keys could not be fetched.",
    () => keySet.state().failures,
  );
  gauge('headgate_vault_keys', 'Keys of the vault that open secrets.', () => vault.keyIds.length);
  gauges(
    'headgate_vault_sealing_key_info',
    'The key of the vault that seals secrets, by its id. It should be the same on every instance.',
    'kid',
    () => ({ [vault.sealingKeyId]: 1 }),
  );
}

function tellAuditChains({ gauge, total }: Teller, { auditChains }: Parts): void {
  total(
    'headgate_audit_entries_chained_total',
    'Audit entries that this instance has given their places in the chains.',
    () => auditChains.state().chained,
  );
  gauge(
    'headgate_audit_chains_stopped',
    'Audit chains found since the start that do not end as they were sealed: somebody may have altered the log.',
    () => auditChains.state().stopped,
  );
  gauge(
    'headgate_audit_chains_refusing',
    'Audit chains found since the start with entries whose MACs do not match, or whose key is not in the vault.',
    () => auditChains.state().refusing,
  );
}

function tellRateLimits({ gauge, total }: Teller, { rateLimitStore }: Parts): void {
  if (rateLimitStore() === undefined) return;
  gauge(
    'headgate_rate_limit_store_up',
    'Whether the store that instances count requests in together answers (1), or each counts for itself (0).',
    () => (rateLimitStore()?.isFailing === true ? 0 : 1),
  );
  total(
    'headgate_rate_limit_store_failures_total',
    'Counts that the store did not take, or not in time.',
    () => rateLimitStore()?.failures ?? 0,
  );
}
