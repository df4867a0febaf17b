import { query } from '@headgate/db';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupCertificate, type CertificatePath } from './lookup-certificate.ts';
import { checkUnused } from './references.ts';
import { certificateEtag, certificateView } from './row.ts';

interface Delete extends CertificatePath {
  readonly ifMatch?: IfMatch | undefined;
}

/**
 * Deletes a certificate that nothing names.
 *
 * @throws HeadgateError CONFLICT while a database or a replica does
 */
export async function deleteCertificate({ ctx, input }: Verb<Delete>): Promise<void> {
  const { ifMatch, ...path } = input;
  const action = 'certificate.delete';
  await mutate(ctx, action, async (tx) => {
    const certificate = await lookupCertificate(ctx, tx, { ...path, action, to: 'delete' });
    checkIfMatch(ifMatch, certificateEtag(certificate));
    await checkUnused(tx, certificate.id);
    const { id, org_id: orgId, project_id: projectId, version } = certificate;
    const deletedAt = later(ctx.clock.now(), certificate.updated_at);
    const written = { deleted_at: deletedAt, updated_at: deletedAt, version: version + 1 };
    const before = certificateView(certificate);
    return {
      on: certificate,
      writes: [query.updateTable('certificates').set(written).where('id', '=', id)],
      audit: [{ action, orgId, projectId, resource: { kind: 'certificate', id }, before }],
      answer: { view: undefined },
    };
  });
}
