import { insert } from '@headgate/db';
import { MAX_CERTIFICATES_SHOWN, newId, type Certificate, type CreateCertificate } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { lookupOwner, type Owner } from '../projects/lookup-owner.ts';
import { reader } from '../reader.ts';
import { privateKeyOwner } from './certificates-of.ts';
import { checkCertificateLimit } from './limit.ts';
import { readPrivateKey } from './private-key.ts';
import { readCertificates, type ReadCertificates } from './read-certificates.ts';
import { certificateEtag, certificateView, type CertificateRow } from './row.ts';

const ACTION = 'certificate.create';

interface Create {
  readonly projectId: string;
  readonly certificate: CreateCertificate;
}

/**
 * Adds a bundle of authorities, or a client certificate with its key, to a project.
 *
 * @throws HeadgateError INVALID_INPUT when the PEM cannot be used; LIMIT_EXCEEDED when the project has as many as it may
 */
export async function createCertificate({ ctx, input }: Verb<Create>): Promise<Answer<Certificate>> {
  const { projectId: id, certificate: given } = input;
  // Before the transaction: while a large bundle is parsed nobody waits for the project. A failure waits for the
  // transaction: an idempotency key gets its first answer also when the certificate has expired since.
  const read = await findOut(readInput(ctx, input));
  return await mutate(ctx, ACTION, async (tx) => {
    const project = await lookupOwner(ctx, tx, { id, action: ACTION, to: 'fill' });
    const { certificates, privateKey } = read();
    await checkCertificateLimit(tx, project.id);
    const row = newRow(ctx, project, given, certificates);
    const { certificate_count: _count, shown: _shown, ...columns } = row;
    const view = certificateView(row);
    const { org_id: orgId, project_id: projectId } = row;
    return {
      on: project,
      writes: [
        insert('certificates', {
          ...columns,
          pem: certificates.pem,
          // The list as it is: postgres.js writes it as JSON, and would make a JSON string of text.
          chain: certificates.chain as never,
          ...(await sealPrivateKey(ctx, row.id, privateKey)),
        }),
      ],
      audit: [
        { action: ACTION, orgId, projectId, resource: { kind: 'certificate', id: row.id }, after: view },
      ],
      answer: { view, etag: certificateEtag(row) },
    };
  });
}

/** Nothing is parsed for nobody who may add it. */
async function readInput(ctx: Context, { projectId, certificate: given }: Create) {
  await lookupOwner(ctx, reader(ctx), { id: projectId, action: ACTION, to: 'list' });
  const certificates = await readCertificates(given, ctx.clock.now());
  return { certificates, privateKey: await readPrivateKey(given, certificates) };
}

async function sealPrivateKey({ vault }: Context, certificateId: string, privateKey: string | undefined) {
  if (privateKey === undefined) return { sealed_private_key: null, sealing_key_id: null };
  const { jwe, keyId } = await vault.seal(privateKey, privateKeyOwner(certificateId));
  return { sealed_private_key: jwe, sealing_key_id: keyId };
}

function newRow(
  ctx: Context,
  owner: Pick<Owner, 'id' | 'org_id'>,
  { name, kind }: CreateCertificate,
  { chain, notAfter }: ReadCertificates,
): CertificateRow {
  const now = ctx.clock.now();
  return {
    id: newId('cert'),
    org_id: owner.org_id,
    project_id: owner.id,
    name,
    kind,
    not_after: notAfter,
    certificate_count: chain.length,
    shown: chain.slice(0, MAX_CERTIFICATES_SHOWN),
    version: 1,
    created_at: now,
    updated_at: now,
    deleted_at: null,
    deleted_with_project: false,
  };
}
