/** What the suites that verify custom domains ask of an API and its DNS server. */
import type { CustomDomain, CustomDomainVerification } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { useApi } from './support.ts';

export function pathOf({ id, project_id }: CustomDomain): string {
  return `/v1/projects/${project_id}/domains/${id}`;
}

/** An API for a test file, and what can be done there with the domains of its owner and of others. */
export async function useDomains() {
  const { api, owner } = await useApi();
  return {
    api,
    owner,
    /** Claims a name for a project of its own. */
    claim: async (as: TestActor, name: string): Promise<CustomDomain> => {
      const { id } = await api.createProject(as);
      const path = `/v1/projects/${id}/domains`;
      return (await api.send<CustomDomain>('POST', path, { as, body: { domain: name } })).body;
    },
    verify: async (domain: CustomDomain, as = owner, headers = {}) =>
      await api.send<CustomDomainVerification>('POST', `${pathOf(domain)}/verify`, { as, headers }),
    read: async (domain: CustomDomain, as = owner) =>
      await api.send<CustomDomain>('GET', pathOf(domain), { as }),
    /** Sets the records as the domain's owner is told to, in place of those of others who claim the name. */
    setRecords: ({ dns_instructions: records }: CustomDomain): void => {
      api.dns.set('TXT', records.txt_host, records.txt_value);
      api.dns.set('CNAME', records.cname_host, records.cname_target);
    },
  };
}
