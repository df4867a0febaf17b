import { z } from '@hono/zod-openapi';
import { body, boolean, oneOf, pem, text, timestamp } from '../fields.ts';
import {
  MAX_CERTIFICATES_IN_BUNDLE,
  MAX_CERTIFICATES_SHOWN,
  MAX_CERTIFICATE_NAME_CHARS,
  MAX_CERTIFICATE_PEM_CHARS,
  MAX_DISTINGUISHED_NAME_CHARS,
  MAX_PRIVATE_KEY_PEM_CHARS,
} from '../limits.ts';
import { secret } from '../secrets.ts';

/** A bundle of authorities that vouch for a server; or what a client shows to a server, with its key. */
export const CERTIFICATE_KINDS = ['ca', 'client'] as const;

const kind = oneOf(CERTIFICATE_KINDS).openapi({
  description:
    '`ca`: authorities that vouch for a server, as `sslrootcert` of libpq. `client`: what is shown to a server that asks for a certificate, as `sslcert` and `sslkey`.',
});

const PEM_EXAMPLE = '-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n';

/** The request of `createCertificate`. What the PEM holds is judged where it is parsed. */
export const CreateCertificate = body({
  name: text({ min: 1, max: MAX_CERTIFICATE_NAME_CHARS }).openapi({
    description: 'What people call it.',
    example: 'rds-global-bundle',
  }),
  kind,
  certificate: pem(MAX_CERTIFICATE_PEM_CHARS).openapi({
    description: `1 to ${MAX_CERTIFICATES_IN_BUNDLE} CERTIFICATE blocks in PEM (RFC 7468). Of a client the first is its own, and those of its issuers follow. Text between the blocks is not kept.`,
    example: PEM_EXAMPLE,
  }),
  private_key: secret('private_key', pem(MAX_PRIVATE_KEY_PEM_CHARS))
    .openapi({
      description:
        'The key of a client certificate in PEM: one PRIVATE KEY block (or RSA PRIVATE KEY, EC PRIVATE KEY), not encrypted. Sealed at rest, and shown to nobody.',
      example: '-----BEGIN PRIVATE KEY-----\nMIIE…\n-----END PRIVATE KEY-----\n',
    })
    .optional(),
}).openapi('CreateCertificateRequest', {
  example: { name: 'rds-global-bundle', kind: 'ca', certificate: PEM_EXAMPLE },
});
export type CreateCertificate = z.infer<typeof CreateCertificate>;

/** One character more than the bound says that it was cut there. */
const distinguishedName = (description: string) =>
  z
    .string()
    .max(MAX_DISTINGUISHED_NAME_CHARS + 1)
    .openapi({ description: `${description}, as RFC 4514 writes names.` });

/** What one certificate says. */
const CertificateInfo = z
  .object({
    subject: distinguishedName('Whose it is'),
    issuer: distinguishedName('Who has signed it'),
    serial_number: z.string().openapi({ description: 'In hexadecimal digits.' }),
    not_before: timestamp(),
    not_after: timestamp(),
    fingerprint_sha256: z.string().openapi({ description: 'The SHA-256 of the certificate, byte by byte.' }),
    is_ca: boolean().openapi({ description: 'Whether it says of itself that it may sign others.' }),
  })
  .openapi('CertificateInfo', { description: 'What one certificate says.' });
export type CertificateInfo = z.infer<typeof CertificateInfo>;

const CERTIFICATE_EXAMPLE = {
  id: 'cert_01h455vb4pex5vsknk084sn02s',
  project_id: 'prj_01h455vb4pex5vsknk084sn02r',
  name: 'rds-global-bundle',
  kind: 'ca' as const,
  not_after: '2061-05-22T22:06:53.000Z',
  certificate_count: 1,
  certificates: [
    {
      subject: 'CN=Example Root CA,O=Example\\, Inc.,C=US',
      issuer: 'CN=Example Root CA,O=Example\\, Inc.,C=US',
      serial_number: '5041228D492292145A369819C46F4FDC51648EB2',
      not_before: '2021-05-22T21:06:53.000Z',
      not_after: '2061-05-22T22:06:53.000Z',
      fingerprint_sha256:
        '99:34:1E:01:24:15:D0:4F:AD:FA:96:26:E6:1F:71:7F:DF:96:B7:5A:E2:01:E2:53:3B:94:DF:1C:16:82:D0:B2',
      is_ca: true,
    },
  ],
  created_at: '2026-11-21T08:30:00.000Z',
  updated_at: '2026-11-21T08:30:00.000Z',
};

/** A certificate in answers: what is said of it, and not the PEM. Its private key is in no answer at all. */
export const Certificate = z
  .object({
    id: z.string(),
    project_id: z.string(),
    name: z.string(),
    kind,
    not_after: timestamp().openapi({
      description: 'When the first of its certificates expires; one of a bundle may have expired already.',
    }),
    certificate_count: z.int().min(1).max(MAX_CERTIFICATES_IN_BUNDLE),
    certificates: z.array(CertificateInfo).openapi({
      description: `In the order in which they were given; the first ${MAX_CERTIFICATES_SHOWN} of them, except in the answer of \`getCertificate\`, which has all.`,
    }),
    created_at: timestamp(),
    updated_at: timestamp(),
  })
  .openapi('Certificate', { example: CERTIFICATE_EXAMPLE });
export type Certificate = z.infer<typeof Certificate>;

/** What `getCertificate` answers. */
export const CertificateWithPem = Certificate.extend({
  certificate: z.string().openapi({ description: 'All of its certificates in PEM. They are public.' }),
}).openapi('CertificateWithPem', { example: { ...CERTIFICATE_EXAMPLE, certificate: PEM_EXAMPLE } });
export type CertificateWithPem = z.infer<typeof CertificateWithPem>;

export const CertificateList = z
  .object({ certificates: z.array(Certificate), next_page_token: z.string().optional() })
  .openapi('ListCertificatesResponse', { example: { certificates: [CERTIFICATE_EXAMPLE] } });
export type CertificateList = z.infer<typeof CertificateList>;
