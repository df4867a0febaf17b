import { query } from '@headgate/db';
import type { Certificate } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import { mutate } from '../mutate.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { later } from '../time.ts';
import { checkCertificateLimit } from './limit.ts';
import { lookupCertificate, type CertificatePath } from './lookup-certificate.ts';
import { certificateEtag, certificateView } from './row.ts';

/** Brings a deleted certificate back as it was, its key with it. */
export async function restoreCertificate({
  ctx,
  input,
}: Verb<CertificatePath>): Promise<Answer<Certificate>> {
  const action = 'certificate.restore';
  return await mutate(ctx, action, async (tx) => {
    // Held first, as everywhere, so that the project is not deleted meanwhile and this one left behind alive.
    const project = await lookupOwner(ctx, tx, { id: input.projectId, action, to: 'restore' });
    const certificate = await lookupCertificate(ctx, tx, { ...input, action, to: 'restore' });
    if (project.deleted_at !== null) throw conflict('Its project is deleted. Restore the project first.');
    if (certificate.deleted_at === null) throw conflict('The certificate is not deleted.');
    await checkCertificateLimit(tx, project.id);
    const written = {
      deleted_at: null,
      version: certificate.version + 1,
      updated_at: later(ctx.clock.now(), certificate.updated_at),
    };
    const row = { ...certificate, ...written };
    const view = certificateView(row);
    const { id, org_id: orgId, project_id: projectId } = certificate;
    return {
      on: certificate,
      writes: [query.updateTable('certificates').set(written).where('id', '=', id)],
      audit: [{ action, orgId, projectId, resource: { kind: 'certificate', id }, after: view }],
      answer: { view, etag: certificateEtag(row) },
    };
  });
}
