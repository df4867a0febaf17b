import { query, type TenantTransaction } from '@headgate/db';
import type { Target } from '@headgate/upstream';
import type { Context } from '../context.ts';
import { conflict } from '../errors.ts';

/** What names certificates: a database or a replica, as it is or as it would be. */
export interface CertificateReferences {
  readonly project_id: string;
  readonly ca_certificate_id: string | null;
  readonly client_certificate_id: string | null;
}

/** The identity that the sealed key of a client certificate is bound to. */
export function privateKeyOwner(certificateId: string): string {
  return `certificates/${certificateId}/private_key`;
}

/**
 * The certificates that something is reached with, the client's key opened.
 *
 * @throws HeadgateError CONFLICT when one was deleted: without it other servers would be believed than before
 */
export async function certificatesOf(
  { vault }: Pick<Context, 'vault'>,
  { run }: Pick<TenantTransaction, 'run'>,
  { project_id: projectId, ca_certificate_id: caId, client_certificate_id: clientId }: CertificateReferences,
): Promise<Pick<Target, 'ca' | 'clientCertificate'>> {
  const ids = [caId, clientId].filter((id) => id !== null);
  if (ids.length === 0) return {};
  const rows = await run(
    query
      .selectFrom('certificates')
      .select(['id', 'pem', 'sealed_private_key'])
      .where('project_id', '=', projectId)
      .where('id', 'in', ids)
      .where('deleted_at', 'is', null),
  );
  const missing = ids.find((id) => !rows.some((row) => row.id === id));
  if (missing !== undefined) {
    throw conflict(
      `It names the certificate ${missing}, which was deleted. Restore that one, or name another.`,
    );
  }
  const ca = rows.find(({ id }) => id === caId);
  const client = rows.find(({ id }) => id === clientId);
  const sealedKey = client?.sealed_private_key ?? null;
  return {
    ...(ca && { ca: ca.pem }),
    ...(client &&
      sealedKey !== null && {
        clientCertificate: {
          certificate: client.pem,
          privateKey: await vault.open(sealedKey, privateKeyOwner(client.id)),
        },
      }),
  };
}
