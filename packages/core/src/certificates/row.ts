import { query, type Certificates } from '@headgate/db';
import {
  MAX_CERTIFICATES_SHOWN,
  type Certificate,
  type CertificateInfo,
  type CertificateWithPem,
} from '@headgate/schema';
import { sql, type Selectable } from 'kysely';

/** A certificate as it is read: what its view says of it. The PEM is large and the key sealed; both stay where they are. */
export type CertificateRow = Omit<
  Selectable<Certificates>,
  'chain' | 'pem' | 'sealed_private_key' | 'sealing_key_id'
> & {
  readonly certificate_count: number;
  /** The first of its certificates. */
  readonly shown: readonly CertificateInfo[];
};

const LAST_SHOWN = sql.lit(MAX_CERTIFICATES_SHOWN - 1);

export const selectCertificates = query
  .selectFrom('certificates')
  .select([
    'id',
    'org_id',
    'project_id',
    'name',
    'kind',
    'not_after',
    'version',
    'created_at',
    'updated_at',
    'deleted_at',
    'deleted_with_project',
  ])
  .select([
    sql<number>`jsonb_array_length(chain)`.as('certificate_count'),
    sql<CertificateInfo[]>`jsonb_path_query_array(chain, ('$[0 to ' || ${LAST_SHOWN} || ']')::jsonpath)`.as(
      'shown',
    ),
  ]);

/** A certificate as its callers see it, built field by field. */
export function certificateView(row: CertificateRow): Certificate {
  return {
    id: row.id,
    project_id: row.project_id,
    name: row.name,
    kind: row.kind,
    not_after: row.not_after.toISOString(),
    certificate_count: row.certificate_count,
    certificates: row.shown.map(infoView),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** The same with all that it holds, for whoever asks for this one alone. */
export function certificateWithPem(
  row: CertificateRow,
  { pem, chain }: { readonly pem: string; readonly chain: readonly CertificateInfo[] },
): CertificateWithPem {
  return { ...certificateView(row), certificates: chain.map(infoView), certificate: pem };
}

function infoView(info: CertificateInfo): CertificateInfo {
  return {
    subject: info.subject,
    issuer: info.issuer,
    serial_number: info.serial_number,
    not_before: info.not_before,
    not_after: info.not_after,
    fingerprint_sha256: info.fingerprint_sha256,
    is_ca: info.is_ca,
  };
}

/** The entity tag of a version (RFC 9110, section 8.8.3), for `ETag` and what `If-Match` is held against. */
export function certificateEtag(row: Pick<CertificateRow, 'version'>): string {
  return `"${row.version}"`;
}
