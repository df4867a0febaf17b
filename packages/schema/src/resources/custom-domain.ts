import { z } from '@hono/zod-openapi';
import { body, boolean, oneOf, text, timestamp } from '../fields.ts';
import { MAX_DNS_VALUES, MAX_DNS_VALUE_CHARS, MAX_DOMAIN_CHARS } from '../limits.ts';

/** The records that prove a domain's owner and lead its clients here. */
const DNS_RECORDS = ['TXT', 'CNAME'] as const;

/** The request of `createCustomDomain`. What is a domain that can be verified is decided where the names are known. */
export const CreateCustomDomain = body({
  domain: text({ min: 1, max: MAX_DOMAIN_CHARS }).openapi({
    description:
      'A name of your own in the public DNS, such as a subdomain. It is answered to the letter; an internationalized ' +
      'name is stored and answered as A-labels (`xn--…`). IP addresses, public suffixes such as `co.uk`, wildcards and ' +
      "names under Headgate's own domain are refused.",
    example: 'db.example.com',
  }),
}).openapi('CreateCustomDomainRequest', { example: { domain: 'db.example.com' } });
export type CreateCustomDomain = z.infer<typeof CreateCustomDomain>;

const TOKEN_EXAMPLE = 'headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001';

const INSTRUCTIONS_EXAMPLE = {
  cname_host: 'db.example.com',
  cname_target: 'prj-01h455vb4pex5vsknk084sn02r.localhost',
  txt_host: '_headgate.db.example.com',
  txt_value: TOKEN_EXAMPLE,
  acme_cname_host: '_acme-challenge.db.example.com',
  acme_cname_target: 'dom-01h455vb4pex5vsknk084sn02s.acme.localhost',
};

const DnsInstructions = z
  .object({
    cname_host: z.string(),
    cname_target: z.string().openapi({ description: "The project's proxy host." }),
    txt_host: z.string(),
    txt_value: z.string(),
    acme_cname_host: z.string(),
    acme_cname_target: z.string().openapi({
      description:
        'Where the answers to certificate challenges are put (RFC 8555, section 8.4), so that a certificate can be had.',
    }),
  })
  .openapi('DnsInstructions', {
    description: 'The records to set. TXT and CNAME are needed to verify, and are to stay.',
    example: INSTRUCTIONS_EXAMPLE,
  });

const CUSTOM_DOMAIN_EXAMPLE = {
  id: 'dom_01h455vb4pex5vsknk084sn02s',
  project_id: 'prj_01h455vb4pex5vsknk084sn02r',
  domain: 'db.example.com',
  verified: false,
  verified_at: null,
  tls_cert_expiry: null,
  dns_verification_token: TOKEN_EXAMPLE,
  dns_instructions: INSTRUCTIONS_EXAMPLE,
  created_at: '2026-11-21T08:30:00.000Z',
  updated_at: '2026-11-21T08:30:00.000Z',
};

/** A custom domain in answers. */
export const CustomDomain = z
  .object({
    id: z.string(),
    project_id: z.string(),
    domain: z.string(),
    verified: boolean().openapi({
      description: 'Whether DNS has proved it to be yours. A name is verified in one project at most.',
    }),
    verified_at: timestamp()
      .nullable()
      .openapi({ description: 'Since when; null while it is not verified.' }),
    tls_cert_expiry: timestamp()
      .nullable()
      .openapi({ description: 'When its certificate runs out; null while it has none.' }),
    dns_verification_token: z.string().openapi({ description: 'The value of the TXT record.' }),
    dns_instructions: DnsInstructions,
    created_at: timestamp(),
    updated_at: timestamp(),
  })
  .openapi('CustomDomain', { example: CUSTOM_DOMAIN_EXAMPLE });
export type CustomDomain = z.infer<typeof CustomDomain>;

export const CustomDomainList = z
  .object({ domains: z.array(CustomDomain), next_page_token: z.string().optional() })
  .openapi('ListCustomDomainsResponse', { example: { domains: [CUSTOM_DOMAIN_EXAMPLE] } });
export type CustomDomainList = z.infer<typeof CustomDomainList>;

const DnsCheck = z
  .object({
    record: oneOf(DNS_RECORDS),
    host: z.string(),
    expected: z.string(),
    found: z.array(z.string().max(MAX_DNS_VALUE_CHARS)).max(MAX_DNS_VALUES).openapi({
      description: 'What DNS answered, cut short where it is much; empty when there is no such record.',
    }),
    ok: boolean(),
    error: z.string().optional().openapi({ description: 'Why DNS could not be asked.' }),
  })
  .openapi('DnsCheck');
export type DnsCheck = z.infer<typeof DnsCheck>;

/** The answer of `verifyCustomDomain`. */
export const CustomDomainVerification = z
  .object({
    verified: boolean().openapi({ description: 'Whether DNS shows both records now.' }),
    error: z.string().optional().openapi({ description: 'What is missing, and what to do.' }),
    domain: CustomDomain,
    checks: z.array(DnsCheck),
  })
  .openapi('VerifyCustomDomainResponse', {
    example: {
      verified: false,
      error:
        'The CNAME record of db.example.com is not right yet: it must be prj-01h455vb4pex5vsknk084sn02r.localhost, and there is none. Set it, and verify again when the change can be seen in DNS.',
      domain: CUSTOM_DOMAIN_EXAMPLE,
      checks: [
        {
          record: 'TXT',
          host: '_headgate.db.example.com',
          expected: TOKEN_EXAMPLE,
          found: [TOKEN_EXAMPLE],
          ok: true,
        },
        {
          record: 'CNAME',
          host: 'db.example.com',
          expected: 'prj-01h455vb4pex5vsknk084sn02r.localhost',
          found: [],
          ok: false,
        },
      ],
    },
  });
export type CustomDomainVerification = z.infer<typeof CustomDomainVerification>;
