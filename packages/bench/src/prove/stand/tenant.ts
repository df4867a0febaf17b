import { createHeadgateClient, type HeadgateClient, type HeadgateOptions } from '@headgate/sdk';
import type { TestIssuer } from '@headgate/testing/issuer';
import type { Instance } from './instance.ts';
import { keepingRefusals } from './refusals.ts';

/** An organization with its owner. */
export interface Tenant {
  readonly orgId: string;
  readonly userId: string;
  /** A token that is good for a quarter of an hour from now. */
  readonly token: () => Promise<string>;
  /**
   * The client of the owner, towards an instance. It repeats nothing unless told to. What it is refused is evidence,
   * whatever `fetch` it is given.
   */
  readonly client: (instance: Pick<Instance, 'url'>, options?: Partial<HeadgateOptions>) => HeadgateClient;
}

interface TenantOptions {
  readonly orgId: string;
  readonly userId: string;
  readonly issuer: TestIssuer;
  readonly keepRefusal: (refusal: string) => void;
  readonly keepToken: (token: string) => void;
}

/** A tenant whose refusals are kept, and of whose tokens each is told. */
export function createTenant({ orgId, userId, issuer, keepRefusal, keepToken }: TenantOptions): Tenant {
  const organizations = [{ id: orgId, name: orgId, slug: orgId, role: 'owner' }];
  const token = async () => {
    const signed = await issuer.token({ subject: userId, organizations });
    keepToken(signed);
    return signed;
  };
  return {
    ...{ orgId, userId, token },
    client: ({ url }, options = {}) =>
      createHeadgateClient({
        ...{ baseUrl: url, maxRetries: 0, ...(options.apiKey === undefined && { token }), ...options },
        fetch: keepingRefusals(keepRefusal, options.fetch),
      } as HeadgateOptions),
  };
}
