import { query, type CustomDomains } from '@headgate/db';
import { idSuffix, type CustomDomain, type Id } from '@headgate/schema';
import type { Selectable } from 'kysely';
import type { Settings } from '../context.ts';
import { proxyHost } from '../projects/row.ts';

/** A custom domain as it is read. */
export type CustomDomainRow = Selectable<CustomDomains>;

export const selectCustomDomains = query.selectFrom('custom_domains').selectAll();

/** A custom domain as its callers see it, built field by field. */
export function customDomainView(row: CustomDomainRow, settings: Settings): CustomDomain {
  return {
    id: row.id,
    project_id: row.project_id,
    domain: row.domain,
    verified: row.verified_at !== null,
    verified_at: row.verified_at?.toISOString() ?? null,
    // No data plane has had a certificate issued yet.
    tls_cert_expiry: null,
    dns_verification_token: row.verification_token,
    dns_instructions: dnsInstructions(row, settings),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** What the audit log keeps of one: the records to set are told again whenever it is read. */
export function customDomainSummary(row: CustomDomainRow, settings: Settings) {
  const { dns_instructions: _records, ...summary } = customDomainView(row, settings);
  return summary;
}

/** The records to set for a domain, and to find when it is verified. */
export function dnsInstructions(
  row: Pick<CustomDomainRow, 'id' | 'project_id' | 'domain' | 'verification_token'>,
  settings: Settings,
) {
  return {
    cname_host: row.domain,
    cname_target: proxyHost(row.project_id, settings),
    txt_host: `_headgate.${row.domain}`,
    txt_value: row.verification_token,
    acme_cname_host: `_acme-challenge.${row.domain}`,
    // Apart from the hosts of projects, so that the zone can be handed to whatever answers the challenges.
    acme_cname_target: `dom-${idSuffix(row.id as Id<'dom'>)}.acme.${settings.proxyDomain}`,
  };
}

/** The entity tag of a version (RFC 9110, section 8.8.3). */
export function customDomainEtag(row: Pick<CustomDomainRow, 'version'>): string {
  return `"${row.version}"`;
}
