import { prepare, query } from '@headgate/db';
import type { CertificateInfo, CertificateWithPem } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { notFound } from '../errors.ts';
import { reader } from '../reader.ts';
import { lookupCertificate, type CertificatePath } from './lookup-certificate.ts';
import { certificateEtag, certificateWithPem } from './row.ts';

const contentsOf = prepare((id: string) =>
  query
    .selectFrom('certificates')
    .select(['pem', 'chain'])
    .where('id', '=', id)
    .$narrowType<{ chain: CertificateInfo[] }>(),
);

/** One certificate with its PEM, and without its private key. */
export async function getCertificate({
  ctx,
  input,
}: Verb<CertificatePath>): Promise<Answer<CertificateWithPem>> {
  const { run } = reader(ctx);
  const certificate = await lookupCertificate(
    ctx,
    { run },
    { ...input, action: 'certificate.get', to: 'read' },
  );
  const [contents] = await run(contentsOf(certificate.id));
  // It was purged a moment ago.
  if (contents === undefined) throw notFound('certificate');
  return { view: certificateWithPem(certificate, contents), etag: certificateEtag(certificate) };
}
